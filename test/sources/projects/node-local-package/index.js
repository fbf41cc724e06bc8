const { createServer } = require('node:http');
const { inMiles } = require('units');

createServer((request, response) => response.end(`10 km are ${inMiles(10)} miles`)).listen(process.env.PORT);
