import { createServer } from 'node:http';

if (process.pid !== 1) process.exit(100);
createServer((request, response) => {
  response.end(`process ${process.pid}`);
}).listen(8080, '0.0.0.0');
