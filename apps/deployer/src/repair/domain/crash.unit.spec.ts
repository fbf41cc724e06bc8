import { describe, expect, it } from 'vitest';
import type { SeenContainer } from '../../rollout/domain/seen-container.js';
import { crashingNow, isSame, isWatched } from './crash.js';

const NOW = new Date('2026-01-01T00:01:00.000Z');
const SINCE = '2026-01-01T00:00:00.000Z';
const seen = (more: Partial<SeenContainer>): SeenContainer => ({
  ...{ id: 'c', name: 'a', status: 'running', createdAt: 0, labels: {} },
  ...more,
});
const instance = {
  name: 'a',
  container: 'c',
  state: 'running',
  busy: false,
  appId: 'shop',
  service: 'web',
} as const;

describe('an instance that its engine has started again', () => {
  const again = seen({ hasJustStarted: true, restartCount: 3 });

  it('is crashing, since that was first seen', () => {
    expect(crashingNow(again, undefined, NOW)).toEqual({ restarts: 3, since: NOW.toISOString() });
    expect(crashingNow(again, { restarts: 2, since: SINCE }, NOW)).toEqual({ restarts: 3, since: SINCE });
  });

  it('holds once it has been up for a minute', () => {
    const holds = { ...again, hasJustStarted: false };
    expect(crashingNow(holds, { restarts: 3, since: SINCE }, NOW)).toBeUndefined();
  });

  it('is left to the task of its service, and to the repair that starts it', () => {
    expect(isWatched(instance, again)).toBe(true);
    expect(isWatched(instance, { ...again, status: 'restarting' })).toBe(true);
    expect(isWatched({ ...instance, busy: true }, again)).toBe(false);
    expect(isWatched({ ...instance, state: 'draining' }, again)).toBe(false);
    expect(isWatched(instance, { ...again, status: 'exited' })).toBe(false);
  });
});

it('an instance that has just been deployed is not crashing', () => {
  expect(crashingNow(seen({ hasJustStarted: true, restartCount: 0 }), undefined, NOW)).toBeUndefined();
});

it('what is known of a crash changes with each restart', () => {
  const known = { restarts: 1, since: SINCE };
  expect([isSame(known, { ...known }), isSame(undefined, undefined)]).toEqual([true, true]);
  expect([isSame(known, { ...known, restarts: 2 }), isSame(known, undefined)]).toEqual([false, false]);
});
