import { mkdirSync, writeFileSync } from 'node:fs';

mkdirSync('printed');
writeFileSync('printed/index.html', '<p>Stamps</p>');
