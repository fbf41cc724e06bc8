import { createServer } from 'node:http';

const { PORT = '3000' } = process.env;
createServer((request, response) => response.end('No manifest, no packages')).listen(Number(PORT));
