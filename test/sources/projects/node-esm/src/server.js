import { readFile } from 'node:fs/promises';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const words = JSON.parse(await readFile(new URL('words.json', import.meta.url), 'utf8'));
const app = new Hono();
app.get('/', (context) => context.text(words.greeting));
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) });
