import { expect, it } from 'vitest';
import type { ContainerStructure } from '../structures/domain/structure.js';
import { RebalanceHosts } from './rebalance-hosts.js';

const container = (id: string, current: number, usage: number, application = 'shop'): ContainerStructure => ({
  ...{ id, host: 'node-1', application, isRunning: true, guarded: true, policy: 'fixed' },
  resources: {
    cpu: { min: 20, max: 200, current, usage, guard: true, boundary: 5, boundaryOf: 'max' },
  },
});
const idle = container('idle', 100, 10);
const busy = container('busy', 100, 99);

function rebalancing(isRebalanced = true) {
  const hosts = new RebalanceHosts({ isRebalanced: () => isRebalanced });
  hosts.wishes('node-1', [], 0);
  return hosts;
}

it('what one container leaves unused goes to another one of its application, both or neither', () => {
  const wishes = rebalancing().wishes('node-1', [idle, busy], 10_000);
  expect(wishes).toMatchObject([
    { structure: 'idle', resource: 'cpu', field: 'current', pair: 'busy' },
    { structure: 'busy', resource: 'cpu', pair: 'idle' },
  ]);
  const [give, take] = wishes;
  expect((give?.target ?? 0) + (take?.target ?? 0)).toBe(200);
});

it('nothing goes between applications, nor where nobody said that they give to each other', () => {
  const other = container('other', 100, 99, 'office');
  expect(rebalancing().wishes('node-1', [idle, other], 10_000)).toEqual([]);
  expect(rebalancing(false).wishes('node-1', [idle, busy], 10_000)).toEqual([]);
});

it('looks every ten seconds', () => {
  const hosts = rebalancing();
  expect(hosts.wishes('node-1', [idle, busy], 9_999)).toEqual([]);
  expect(hosts.wishes('node-1', [idle, busy], 10_000)).not.toEqual([]);
  expect(hosts.wishes('node-1', [idle, busy], 11_000)).toEqual([]);
});
