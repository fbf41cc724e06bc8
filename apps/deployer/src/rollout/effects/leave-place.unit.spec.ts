import { expect, it } from 'vitest';
import { sidesOf } from '../../task/domain/step-writes.js';
import { foldTask } from '../../task/domain/task.state.js';
import { accepted, releaseWith } from '../../task/domain/task.testing.js';
import type { InstanceEffectPorts } from '../instance.js';
import type { NodeEngines } from '../ports.js';
import { leavePlace } from './leave-place.js';

const release = releaseWith('new', 1);
const node = { name: 'node-1', address: '10.0.0.9', port: 21_000, score: 50 };

/** Leaves the place of an instance that failed there with this code; what that comes to, and what was removed. */
async function leaving(code: string, stopAndRemove?: NodeEngines['stopAndRemove'], step = 'start-instance') {
  const error = { code, message: 'm', hint: 'h' };
  const state = foldTask([
    accepted({ mode: 'run' }),
    { type: 'ReleaseResolved', data: { release } },
    { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
    { type: 'NodeRequested', data: { ordinal: 0, accessToken: 't1:web:0' } },
    { type: 'NodeAssigned', data: { ordinal: 0, node, phase: 'place', ms: 1 } },
    { type: 'PlaceFailed', data: { ordinal: 0, node: node.name, step, error } },
  ]);
  const removed: string[] = [];
  const ports = {
    clock: { now: () => new Date(0) },
    engines: {
      stopAndRemove:
        stopAndRemove ?? ((on: string, name: string) => Promise.resolve(void removed.push(`${on} ${name}`))),
    },
    limits: { fetchMs: 1_000, buildMs: 1_000, pushMs: 1_000, pullMs: 1_000, startMs: 1_000, stopMs: 1_000 },
  } as unknown as InstanceEffectPorts;
  const scope = { claim: { taskId: 't1/web', fence: 1n }, signal: new AbortController().signal, kept: {} };
  const effect = { kind: 'leave-place', ordinal: 0, node, release, accessToken: 't1:web:0' } as const;
  return { writes: await leavePlace.run(ports, scope, state, effect), removed };
}

it('a place that failed is left: the container goes, the reservation is given back', async () => {
  const { writes, removed } = await leaving('NO_SPACE');
  expect(removed).toEqual(['node-1 shop-web-t1-0']);
  expect(writes.events).toMatchObject([{ type: 'PlaceLeft', data: { ordinal: 0, node: 'node-1' } }]);
  expect(writes.sides).toEqual([{ kind: 'release-node', accessToken: 't1:web:0', failed: true }]);
});

it('a port at which something else listens is told to the load balancer', async () => {
  const { writes } = await leaving('PORT_TAKEN');
  expect(sidesOf(writes, 'release-node')).toMatchObject([{ portTaken: true }]);
});

it('a node that does not answer is not asked again: what may be there is recorded as left behind', async () => {
  const { writes, removed } = await leaving('NODE_UNREACHABLE');
  expect(removed).toEqual([]);
  expect(writes.events[0]?.data).toMatchObject({ leftBehind: { code: 'NODE_UNREACHABLE' } });
  expect(sidesOf(writes, 'leave-behind')[0]?.report).toMatchObject({
    ...{ instance: 'shop-web-t1-0', node: 'node-1', release: 'new', accessToken: 't1:web:0' },
  });
});

it('what cannot be removed is recorded as left behind, too', async () => {
  const error = Object.assign(new Error('m'), { code: 'ENGINE_FAILED', hint: 'h' });
  const { writes } = await leaving('NO_SPACE', () => Promise.reject(error));
  expect(writes.events[0]?.data).toMatchObject({ leftBehind: { code: 'ENGINE_FAILED' } });
  expect(sidesOf(writes, 'leave-behind')).toHaveLength(1);
});

it('of a release command its container goes; it is never recorded as an instance', async () => {
  const { writes, removed } = await leaving('NO_SPACE', undefined, 'run-release-command');
  expect(removed).toEqual([`node-1 shop-web-release-${release.sourceDigest.slice(0, 12)}`]);
  expect(sidesOf(writes, 'release-node')).toHaveLength(1);
  const away = await leaving('NODE_UNREACHABLE', undefined, 'run-release-command');
  expect(away.writes.events[0]?.data).toMatchObject({ leftBehind: { code: 'NODE_UNREACHABLE' } });
  expect(sidesOf(away.writes, 'leave-behind')).toEqual([]);
});

it('nothing is decided while the record does not answer', async () => {
  const away = Object.assign(new Error('m'), { code: 'DATABASE_UNAVAILABLE' });
  await expect(leaving('NO_SPACE', () => Promise.reject(away))).rejects.toBe(away);
});
