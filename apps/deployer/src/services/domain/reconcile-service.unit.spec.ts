import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../repair/domain/attempts.js';
import {
  GIVEN_UP,
  reconcileService,
  settledTries,
  type RecordedTries,
  type ServiceDrift,
  type ServiceTries,
} from './reconcile-service.js';

const FORGOTTEN_MS = 600_000;
const limits = { attempts: 3, backoffMs: (attempt: number) => 1_000 * attempt };
const drift = (tries?: Partial<ServiceTries>, more: Partial<ServiceDrift> = {}): ServiceDrift => ({
  ...{ appId: 'shop', appName: 'Shop', service: 'web', revision: 4, wanted: 3, running: 2 },
  tries: tries && {
    ...{ revision: 4, count: 1, uncounted: 0, lastAt: 10_000, succeeded: false, givenUp: false },
    ...tries,
  },
  ...more,
});

describe('a service that runs less than is wanted', () => {
  it('is restored at once', () => {
    expect(reconcileService(drift(), 0, limits)).toEqual({ kind: 'restore', attempt: 1 });
  });

  it('is tried again after a pause that grows', () => {
    expect(reconcileService(drift({ count: 2 }), 11_999, limits)).toEqual({ kind: 'wait', until: 12_000 });
    expect(reconcileService(drift({ count: 2 }), 12_000, limits)).toEqual({ kind: 'restore', attempt: 3 });
  });

  it('is given up once after the last attempt, then left alone, however long', () => {
    expect(reconcileService(drift({ count: 3 }), 10_000_000, limits)).toEqual({
      kind: 'give-up',
      attempts: 3,
    });
    const givenUp = drift({ count: 3, givenUp: true });
    expect(reconcileService(givenUp, 10_000_000, limits)).toEqual({ kind: 'wait' });
  });

  it.each<[string, ServiceDrift]>([
    ['its spec has changed', drift({ count: 3, revision: 3 })],
    ['a node has joined', drift({ count: 3 }, { nodesChangedAt: 10_001 })],
  ])('what was given up is tried again once %s', (_what, changed) => {
    expect(reconcileService(changed, 10_002, limits)).toEqual({ kind: 'restore', attempt: 1 });
  });

  it('a try that found no node is no attempt, and makes the pause longer', () => {
    const waited = settledTries(recorded({ uncounted: 1, error: failure('NO_NODE') }));
    expect(waited).toMatchObject({ count: 0, uncounted: 2 });
    expect(reconcileService(drift(waited), 11_999, limits)).toEqual({ kind: 'wait', until: 12_000 });
    expect(reconcileService(drift(waited), 12_000, limits)).toEqual({ kind: 'restore', attempt: 1 });
    expect(
      settledTries(recorded({ count: 2, uncounted: 1, error: failure('HEALTH_TIMEOUT') })),
    ).toMatchObject({
      ...{ count: 2, uncounted: 1 },
    });
  });

  it.each(['REGISTRY_UNREACHABLE', 'PULL_TIMEOUT', 'NODE_UNREACHABLE'])(
    'an outage uses up no attempts, however long it takes: %s',
    (code) => {
      const error = failure(code);
      let known: RecordedTries | undefined;
      for (let now = 0; now < 86_400_000; now += 60_000) {
        const tries = known && settledTries(known);
        const action = reconcileService({ ...drift(), tries }, now, limits);
        expect(action.kind).not.toBe('give-up');
        if (action.kind === 'restore')
          known = recorded({ count: action.attempt, uncounted: tries?.uncounted ?? 0, lastAt: now, error });
      }
      expect(known?.uncounted).toBeGreaterThan(limits.attempts);
    },
  );

  it('whose image cannot be pulled was tried every five minutes for ever: it is given up after the last attempt', () => {
    const tries = settledTries(recorded({ count: 3, error: failure('PULL_FAILED') }));
    expect(reconcileService({ ...drift(), tries }, 10_000_000, limits)).toEqual({
      kind: 'give-up',
      attempts: 3,
    });
  });
});

function failure(code: string): Failure {
  return { code, message: 'm' };
}

function recorded(more: Partial<RecordedTries>): RecordedTries {
  return { revision: 4, count: 1, uncounted: 0, lastAt: 10_000, status: 'failed', error: null, ...more };
}

describe('a service that was restored', () => {
  const restored = (count: number): ServiceTries => settledTries(recorded({ count, status: 'running' }));

  it('is restored again after many drifts over a year, each of which a try mended', () => {
    let tries: ServiceTries | undefined;
    for (let month = 1; month <= 12; month += 1) {
      const now = month * 2_600_000_000;
      const action = reconcileService({ ...drift(), tries }, now, limits);
      expect(action).toEqual({ kind: 'restore', attempt: 1 });
      tries = { ...restored(1), lastAt: now };
    }
  });

  it('counts on where it drifts again before ten good minutes have passed', () => {
    const { lastAt } = restored(2);
    expect(reconcileService(drift(restored(2)), lastAt + FORGOTTEN_MS - 1, limits)).toEqual({
      kind: 'restore',
      attempt: 3,
    });
  });

  it('waits for its tries to be forgotten where that was the last attempt, and is not given up', () => {
    const until = restored(3).lastAt + FORGOTTEN_MS;
    expect(reconcileService(drift(restored(3)), until - 1, limits)).toEqual({
      ...{ kind: 'wait-for-attempts', attempts: 3, until },
    });
    expect(reconcileService(drift(restored(3)), until, limits)).toEqual({ kind: 'restore', attempt: 1 });
  });

  it('stays given up where an instance of it was, though the task that launched that had succeeded', () => {
    const givenUp = restored(GIVEN_UP);
    expect(givenUp).toMatchObject({ givenUp: true, succeeded: false });
    expect(reconcileService(drift(givenUp), 1e12, limits)).toEqual({ kind: 'wait' });
  });
});

it('every service is restored, waited for until a time, or given up, which is said once', () => {
  const tries = fc.record({
    ...{ revision: fc.constant(4), count: fc.integer({ min: 1, max: 5 }), uncounted: fc.nat(5) },
    ...{ lastAt: fc.nat(1_000_000), status: fc.constantFrom('running', 'failed') },
    error: fc.constantFrom(null, ...['NO_NODE', 'PULL_FAILED', 'HEALTH_TIMEOUT'].map(failure)),
  });
  fc.assert(
    fc.property(tries, fc.nat(2_000_000), (known, later) => {
      const failed = known.status === 'failed';
      const settled = settledTries({ ...known, error: failed ? known.error : null });
      const now = known.lastAt + later;
      const action = reconcileService(drift(settled), now, limits);
      if (action.kind === 'restore') expect(action.attempt).toBeLessThanOrEqual(limits.attempts);
      if (action.kind === 'wait' || action.kind === 'wait-for-attempts') {
        // Waiting has an end, and then the service is restored.
        expect(action.until).toBeGreaterThan(now);
        expect(reconcileService(drift(settled), action.until ?? 0, limits).kind).toBe('restore');
      }
      expect(action.kind === 'give-up').toBe(!settled.succeeded && settled.count >= limits.attempts);
      if (action.kind !== 'give-up') return;
      const told = settledTries({ ...known, count: GIVEN_UP });
      expect(reconcileService(drift(told), now, limits)).toEqual({ kind: 'wait' });
    }),
  );
});
