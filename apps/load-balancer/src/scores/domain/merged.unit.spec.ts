import { describe, expect, it } from 'vitest';
import type { InstanceScore } from './instance-score.js';
import { merged, rememberedOf, type SharedScore } from './merged.js';
import { SILENT_MS } from './own-scores.js';
import { BEGIN } from './scores.testing.js';
import { serviceScores } from './service-scores.js';

const score = (instance: string, at: number, changes: Partial<InstanceScore> = {}): InstanceScore => ({
  ...{ instance, appId: 'shop', service: 'web', node: 'node-1', container: 'c1' },
  ...{ cpu: 80, memory: 60, network: 100, overall: 70, state: 'LU', used: {}, at, ...changes },
});
const shared = (instance: string, at: number, changes: Partial<SharedScore> = {}): SharedScore => ({
  ...{ score: score(instance, at), utilisation: 'LU' },
  ...changes,
});

describe('scores of all replicas', () => {
  it('are those of this one and those that others shared, as long as they are fresh', () => {
    const others = [shared('b', BEGIN - SILENT_MS), shared('c', BEGIN - SILENT_MS - 1)];
    expect([...merged([score('a', BEGIN)], others, BEGIN).keys()]).toEqual(['a', 'b']);
  });

  it('of an instance that two have are the newer one', () => {
    const newer = shared('a', BEGIN + 1, { score: score('a', BEGIN + 1, { overall: 10 }) });
    expect(merged([score('a', BEGIN)], [newer], BEGIN).get('a')?.overall).toBe(10);
    expect(merged([score('a', BEGIN + 2)], [newer], BEGIN).get('a')?.overall).toBe(70);
  });

  it('are gone on from by the newest that there is', () => {
    const remembered = rememberedOf([shared('a', 2, { utilisation: 'HU' }), shared('a', 1)]);
    expect(remembered.get('a')).toEqual({ container: 'c1', utilisation: 'HU', answers: undefined });
  });
});

it('a service has the mean and the least of its instances, without those that are drained', () => {
  const scores = [
    score('a', 0, { overall: 80 }),
    score('b', 0, { overall: 40 }),
    score('c', 0, { overall: 1, state: 'SUNDOWN' }),
    score('d', 0, { service: 'api', overall: 5 }),
  ];
  expect(serviceScores(scores)).toEqual([
    { appId: 'shop', service: 'web', mean: 60, least: 40 },
    { appId: 'shop', service: 'api', mean: 5, least: 5 },
  ]);
});
