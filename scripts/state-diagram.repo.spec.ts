import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { effectKinds } from '../apps/deployer/src/task/domain/effect-table.js';
import { stateDiagram } from './state-diagram.js';

it('ARCHITECTURE.md draws the state machine that the code is (npm run generate)', () => {
  expect(readFileSync('ARCHITECTURE.md', 'utf8')).toContain(stateDiagram());
});

it.each(effectKinds)('shows every effect: %s', (kind) => {
  expect(stateDiagram()).toContain(` ${kind.replaceAll('-', '_')} -->`);
});

it('shows that a restore goes on without a node', () => {
  expect(stateDiagram()).toContain(': NodeRefused');
});
