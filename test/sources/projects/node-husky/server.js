const { existsSync } = require('node:fs');
const polka = require('polka');

const left = existsSync('node_modules/husky') ? 'there' : 'not there';
polka()
  .get('/', (request, response) => response.end(`husky is ${left}`))
  .listen(process.env.PORT || 3000);
