const polka = require('polka');
const { inGrams } = require('@parcels/weights');
const { built } = require('./built.json');

polka()
  .get('/', (request, response) => response.end(`A parcel of ${inGrams(2)} g, built: ${built}`))
  .listen(process.env.PORT || 3000);
