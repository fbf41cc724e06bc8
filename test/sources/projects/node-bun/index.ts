import { Hono } from 'hono';

const app = new Hono();
app.get('/', (context) => context.text(`Bun ${Bun.version.split('.')[0]} serves this`));

export default { port: Number(process.env.PORT ?? 3000), fetch: app.fetch };
