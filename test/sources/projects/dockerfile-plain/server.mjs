import { createServer } from 'node:http';
import { existsSync, readdirSync } from 'node:fs';

createServer((request, response) => {
  response.end(`A harbour at ${request.url}`);
}).listen(8080, '0.0.0.0');
