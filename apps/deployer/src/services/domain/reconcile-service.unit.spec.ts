import { describe, expect, it } from 'vitest';
import { reconcileService, settledTries, type ServiceDrift, type ServiceTries } from './reconcile-service.js';

const limits = { attempts: 3, backoffMs: (attempt: number) => 1_000 * attempt };
const drift = (tries?: Partial<ServiceTries>, more: Partial<ServiceDrift> = {}): ServiceDrift => ({
  ...{ appId: 'shop', appName: 'Shop', service: 'web', revision: 4, wanted: 3, running: 2 },
  tries: tries && { revision: 4, count: 1, unplaced: 0, lastAt: 10_000, ...tries },
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

  it('is left alone after the last attempt, however long', () => {
    expect(reconcileService(drift({ count: 3 }), 10_000_000, limits)).toEqual({ kind: 'wait' });
  });

  it.each<[string, ServiceDrift]>([
    ['its spec has changed', drift({ count: 3, revision: 3 })],
    ['a node has joined', drift({ count: 3 }, { nodesChangedAt: 10_001 })],
  ])('what was given up is tried again once %s', (_what, changed) => {
    expect(reconcileService(changed, 10_002, limits)).toEqual({ kind: 'restore', attempt: 1 });
  });

  it('a try that found no node is no attempt, and makes the pause longer', () => {
    const waited = settledTries({ revision: 4, count: 1, unplaced: 1, lastAt: 10_000 }, 'NO_NODE');
    expect(waited).toMatchObject({ count: 0, unplaced: 2 });
    expect(reconcileService(drift(waited), 11_999, limits)).toEqual({ kind: 'wait', until: 12_000 });
    expect(reconcileService(drift(waited), 12_000, limits)).toEqual({ kind: 'restore', attempt: 1 });
    expect(settledTries(waited, 'HEALTH_TIMEOUT')).toBe(waited);
  });
});
