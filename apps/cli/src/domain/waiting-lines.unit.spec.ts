import { expect, it } from 'vitest';
import type { WaitingInstance } from '#libs/contracts';
import { withWaiting } from './waiting-lines.js';

const waiting: WaitingInstance = {
  ...{ token: 't1', accessToken: 't1:web:0', appId: 'shop', service: 'web', priority: 0 },
  ...{ since: '2026-01-01T00:00:00Z', until: '2026-01-01T00:01:00Z' },
  missing: ['cpu: needs 2 cores, best free 1.4 on node-3 (rules out 3 nodes)'],
};

it('status says what an instance waits for, since when and until when', () => {
  expect(withWaiting(['APP'], [waiting, { ...waiting, priority: 10, missing: [] }])).toEqual([
    'APP',
    '',
    'shop web is waiting for room: cpu: needs 2 cores, best free 1.4 on node-3 (rules out 3 nodes), since 2026-01-01T00:00:00Z, until 2026-01-01T00:01:00Z',
    'shop web (priority 10) is waiting for room: no node is enrolled, since 2026-01-01T00:00:00Z, until 2026-01-01T00:01:00Z',
  ]);
  expect(withWaiting(['APP'], [])).toEqual(['APP']);
  expect(withWaiting([], [waiting])).toHaveLength(1);
});

it('24 instances of a service that waited alike filled the screen with one line each', () => {
  const alike = [0, 1, 2].map((ordinal) => ({ ...waiting, accessToken: `t1:web:${ordinal}` }));
  expect(withWaiting([], [...alike, { ...waiting, priority: 10 }])).toEqual([
    expect.stringMatching(/^shop web is waiting for room: .* \(3 instances\)$/),
    expect.stringMatching(/^shop web \(priority 10\) .*Z$/),
  ]);
});
