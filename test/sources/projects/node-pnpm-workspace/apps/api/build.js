const { writeFileSync } = require('node:fs');
const { bold } = require('picocolors');

writeFileSync('built.json', JSON.stringify({ built: true }));
console.log(bold('api is built'));
