const { createServer } = require('node:http');
const ms = require('ms');

createServer((request, response) => {
  response.end(`a day has ${ms('1d')} ms`);
}).listen(3000, '0.0.0.0');
