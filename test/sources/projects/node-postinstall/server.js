const polka = require('polka');
const seeds = require('./seeds.json');

polka()
  .get('/', (request, response) => response.end(`We have ${seeds.join(' and ')}`))
  .listen(process.env.PORT || 3000);
