import { createServer } from 'node:http';

createServer((_, response) => {
  response.end('Built by a Containerfile');
}).listen(8080, '0.0.0.0');
