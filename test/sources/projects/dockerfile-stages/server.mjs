import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';

createServer((request, response) => {
  response.end(readFileSync('greeting.txt'));
}).listen(8080, '0.0.0.0');
