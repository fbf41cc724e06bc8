import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { effectKinds } from '../apps/deployer/src/task/domain/effect-table.js';
import { stateDiagram } from './state-diagram.js';

const diagram = stateDiagram();

it('its page draws the state machine that the code is (npm run generate)', () => {
  expect(readFileSync('docs/explanation/state-machine.md', 'utf8')).toContain(diagram);
});

it.each(effectKinds)('%s is drawn: some run that the diagram is made from comes to it', (kind) => {
  expect(diagram).toContain(`    ${kind.replaceAll('-', '_')} --> `);
});

it('shows that a restore goes on without a node', () => {
  expect(diagram).toContain(': NodeRefused');
});
