const { writeFileSync } = require('node:fs');

writeFileSync('seeds.json', JSON.stringify(['poppy', 'rye']));
