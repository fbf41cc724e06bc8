import express from 'express';

const pricesInCents = new Map([
  ['rope', 1290],
  ['anchor', 4950],
  ['lamp', 2375],
]);

const app = express();

app.get('/health', (_request, response) => response.json({ status: 'ok' }));

app.get('/prices/:id', (request, response) => {
  const cents = pricesInCents.get(request.params.id);
  if (cents === undefined) return response.status(404).json({ error: 'no such good' });
  return response.json({ id: request.params.id, cents });
});

app.get('/', (_request, response) => response.json({ service: 'prices', prices: Object.fromEntries(pricesInCents) }));

const port = Number(process.env.PORT ?? 3000);
const server = app.listen(port, '0.0.0.0', () => console.log(`prices listens on ${port}`));

// A container that ignores SIGTERM is killed after its grace period, in the middle of its answers.
process.once('SIGTERM', () => server.close());
