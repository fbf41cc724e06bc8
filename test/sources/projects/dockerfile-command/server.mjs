import { createServer } from 'node:http';

createServer((request, response) => {
  response.end(`started ${process.argv[2]}`);
}).listen(8080, '0.0.0.0');
