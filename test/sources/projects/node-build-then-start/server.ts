import { createServer } from 'node:http';

const sentence: string = 'Built once, not at each start';
createServer((_request, response) => response.end(sentence)).listen(process.env.PORT);
