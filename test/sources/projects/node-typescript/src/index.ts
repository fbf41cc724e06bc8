import fastify from 'fastify';
import { heightAt } from './tide';

const server = fastify();
server.get('/', () => ({ metres: heightAt(6) }));

const port = Number(process.env.PORT ?? 3000);
server.listen({ port, host: '0.0.0.0' }).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
