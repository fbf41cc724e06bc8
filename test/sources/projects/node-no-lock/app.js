const polka = require('polka');

polka()
  .get('/', (request, response) => response.end('Good day from polka'))
  .listen(process.env.PORT || 3000);
