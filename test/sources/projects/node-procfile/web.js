const { parseArgs } = require('node:util');
const polka = require('polka');

const { values } = parseArgs({ options: { port: { type: 'string' } } });
polka()
  .get('/', (request, response) => response.end('The process web of a Procfile'))
  .listen(values.port);
