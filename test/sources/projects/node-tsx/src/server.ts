import { serve } from '@hono/node-server';
import { Hono } from 'hono';

enum Season {
  Spring = 'spring',
}

const app = new Hono();
app.get('/', (context) => context.text(`TypeScript as it is, in ${Season.Spring}`));
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) });
