const polka = require('polka');
const sirv = require('sirv');

polka().use(sirv('pages')).listen(process.env.PORT || 8080);
