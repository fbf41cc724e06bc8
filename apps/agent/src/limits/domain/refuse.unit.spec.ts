import { expect, it } from 'vitest';
import { limitAnswered, type LimitRequest } from '#libs/contracts';
import { refuseRequest } from './refuse.js';

const REQUEST: LimitRequest = {
  request: '0197f5a4-2c61-7b53-9d0e-3f0a4be1c111',
  node: 'node-1',
  fence: 3,
  at: '2026-01-01T00:00:00.000Z',
  changes: [
    { instance: 'shop-web-0', limits: { memoryBytes: null, cpus: 1 } },
    { container: '/lxc/a', limits: {} },
  ],
};

it('refuses each limit that was asked for, and all of a change that only reads', () => {
  const at = new Date('2026-01-01T00:00:01.000Z');
  const answer = refuseRequest(REQUEST, 'EXPIRED', { why: 'late', at });
  expect(limitAnswered.schema.parse(answer)).toEqual(answer);
  expect(answer.changes.map(({ refused }) => refused?.map(({ limit }) => limit))).toEqual([
    ['cpu', 'memory'],
    ['cpu', 'cpuset', 'memory', 'diskRead', 'diskWrite', 'network'],
  ]);
});
