import { createServer } from 'node:http';
import { readdirSync } from 'node:fs';

createServer((_, response) => {
  response.end(`On the quay: ${readdirSync('.').join(' ')}`);
}).listen(8080, '0.0.0.0');
