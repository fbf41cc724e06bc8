import { expect, it } from 'vitest';
import type { FleetPlan } from '#libs/contracts';
import { apisOfFile } from './apis.testing.js';
import { planRemove } from './fleet-plan.js';

const figures = { nodes: 3, ready: 3, used: 2, room: [] };
const plan: FleetPlan = {
  ...{ placed: [], unplaced: [], staying: [], added: [], unknown: 0 },
  ...{ before: figures, after: figures },
};
const moves = { resources: { cpu: 0.5, memoryMiB: 100 }, from: 'node-1', to: 'node-2', score: 85 };

let answer = plan;
const said = apisOfFile(() => [200, answer]);

it('the command that a plan to remove a node named next was refused while instances run there', async () => {
  answer = { ...plan, placed: [{ ...moves, instance: 'shop-web-o-0' }] };
  const used = await said((output) => planRemove('node-1', output));
  expect(used.code).toBe(2);
  expect(used.out).toMatch(/next: slipway node drain node-1 --wait\n$/);
  answer = plan;
  const empty = await said((output) => planRemove('node-1', output));
  expect(empty.code).toBe(0);
  expect(empty.out).toMatch(/next: slipway node remove node-1\n$/);
});
