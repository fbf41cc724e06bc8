const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');

const moons = readFileSync(join(__dirname, 'moons.txt'), 'utf8');
createServer((request, response) => response.end(moons)).listen(process.env.PORT || 8080);
