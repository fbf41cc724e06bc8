import { describe, expect, it } from 'vitest';
import type { SpecRevision } from '#libs/contracts';
import { specLines } from './spec-lines.js';

const AT = '2026-01-01T00:00:00.000Z';
const limits = { cpu: 0.25, memoryMiB: 256 };

function revision(spec: Partial<SpecRevision['spec']>, more: Partial<SpecRevision> = {}): SpecRevision {
  const change = { by: 'build-and-run', at: AT, token: 't1' };
  const changes = { state: change, release: change, count: change, limits: change };
  return {
    ...{ revision: 1, principal: 'ada@laptop', verified: false, reason: null, token: 't1', changedAt: AT },
    spec: {
      ...{ state: 'running', release: 'r1', count: 1, declaredCount: 1, limits, declaredLimits: limits },
      ...{ changes, ...spec },
    },
    ...more,
  };
}

const linesOf = (running: number, ...history: readonly SpecRevision[]): string[] =>
  specLines({ appId: 'shop', service: 'web', running, history: [...history] });
const summary = (running: number, spec: Partial<SpecRevision['spec']>): string | undefined =>
  linesOf(running, revision(spec))[0];

describe('the first line of a spec', () => {
  it('counts what runs of what is wanted', () => {
    expect(summary(2, { count: 3, declaredCount: 3 })).toBe('shop/web: 2/3 running');
  });

  it('says within which bounds it scales, and nothing of a count that config.json declares', () => {
    expect(summary(4, { count: 4, scaling: { min: 1, max: 6 } })).toBe(
      'shop/web: 4/4 running; scales within 1 to 6',
    );
  });

  it('a stopped service says 0/0 running: it says stopped, and how many come back', () => {
    expect(summary(0, { state: 'stopped', count: 3, declaredCount: 3 })).toBe(
      'shop/web: stopped; the next run starts 3',
    );
  });

  it('says what still runs of a stopped service', () => {
    expect(summary(1, { state: 'stopped' })).toBe(
      'shop/web: stopped; 1 still running; the next run starts 1',
    );
  });

  it('a first deployment that failed left nothing to run', () => {
    expect(summary(0, { state: 'stopped', release: undefined })).toBe(
      'shop/web: stopped; no release of it has run',
    );
  });

  it('says since when it is another count than config.json declares', () => {
    const { changes } = revision({}).spec;
    const count = { by: 'scale', at: AT, token: 't2' };
    const scaled = { count: 3, changes: { ...changes, count } };
    expect(summary(3, scaled)).toBe(
      `shop/web: 3/3 running; 3 wanted since \`scale\` at ${AT}; config.json declares 1, or no replicas`,
    );
  });
});

it('a canary is counted, and each revision shows the one that it had', () => {
  const canary = { release: 'r2', percent: 10 };
  const lines = linesOf(
    5,
    revision({ count: 4, declaredCount: 4, canary }, { revision: 2, change: 'canary' }),
    revision({}),
  );
  expect(lines[0]).toBe('shop/web: 5/5 running; 10 % of the requests go to release r2');
  expect(lines[2]).toMatch(/^REVISION {2}CHANGE +STATE +COUNT +RELEASE +CANARY +CPU/);
  expect(lines[3]).toMatch(/^2 +canary +running +4 +r1 +r2 10 % +0.25/);
  expect(lines[4]).toMatch(/^1 +- +running +1 +r1 +- +0.25/);
});

it('each change is a row, and a claimed name has a question mark', () => {
  const [, , head, newest, oldest] = linesOf(
    0,
    revision(
      { state: 'stopped' },
      { revision: 2, principal: 'ci', verified: true, reason: 'the sale is over' },
    ),
    revision({}),
  );
  expect(head).toMatch(/^REVISION {2}CHANGE +STATE +COUNT +RELEASE/);
  expect(newest).toMatch(/^2 +- +stopped +1 +r1 .* 2026-01-01T00:00:00Z +ci +t1 +the sale is over$/);
  expect(oldest).toMatch(/^1 +- +running .* ada@laptop\? +t1 +-$/);
});

it('an automatic revert looks like a change of the user: it says that the deploy failed, and why', () => {
  const takenBack = { principal: 'slipway', verified: true, reason: 'HEALTH_TIMEOUT' };
  const [, , , newest, oldest] = linesOf(
    1,
    revision({}, { revision: 2, change: 'build-and-run failed', ...takenBack }),
    revision({}, { change: 'adopted' }),
  );
  expect(newest).toMatch(/^2 +deploy failed +running .* slipway +t1 +HEALTH_TIMEOUT$/);
  expect(oldest).toMatch(/^1 +made from what ran +running /);
});
