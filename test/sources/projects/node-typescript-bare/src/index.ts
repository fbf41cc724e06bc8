import { createServer } from 'node:http';
import { nextFerry } from './timetable';

createServer((request, response) => {
  response.end(`The next ferry leaves in ${nextFerry(new Date())} minutes\n`);
}).listen(Number(process.env.PORT ?? 8080));
