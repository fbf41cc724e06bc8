import { expect, it } from 'vitest';
import { nodeRequested } from './messages/node-requested.js';
import { parse, problemsOf } from './service-config.testing.js';

const shape = { runtime: 'node', port: 3000 };

it('config.json says how long an instance waits for room, and who gets it first', () => {
  expect(parse({ ...shape, priority: -100, placement: { waitMs: 0 } })).toMatchObject({
    ...{ priority: -100, placement: { waitMs: 0 } },
  });
  expect(parse(shape)).not.toHaveProperty('priority');
  expect(parse({ ...shape, placement: { preempt: true } })).toMatchObject({ placement: { preempt: true } });
});

it.each<[object, string]>([
  [{ priority: 101 }, 'priority'],
  [{ priority: 0.5 }, 'priority'],
  [{ placement: { waitMs: -1 } }, 'placement.waitMs'],
  [{ placement: { waitMs: 3_600_001 } }, 'placement.waitMs'],
  [{ placement: { preempt: 1 } }, 'placement.preempt'],
  [{ placement: { preempt: true, waitMs: 0 } }, 'placement.waitMs'],
  [{ placement: { affinity: ['a'], antiAffinity: ['a'] } }, 'placement.antiAffinity'],
])('%j is refused by the name of the field', (wrong, field) => {
  expect(problemsOf({ ...shape, ...wrong }).map((problem) => problem.field)).toEqual([field]);
});

it('a node request has the rules of placement alone', () => {
  for (const placement of [{ waitMs: 1 }, { preempt: true }])
    expect(nodeRequested.schema.safeParse({ ...nodeRequested.example, placement }).success).toBe(false);
});
