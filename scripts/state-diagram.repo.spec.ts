import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stateDiagram } from './state-diagram.js';

it('ARCHITECTURE.md draws the state machine that the code is (npm run generate)', () => {
  expect(readFileSync('ARCHITECTURE.md', 'utf8')).toContain(stateDiagram());
});
