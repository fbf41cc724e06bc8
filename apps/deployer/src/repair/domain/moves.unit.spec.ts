import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.js';
import { holdingOf, movesOf, type MovableInstance } from './moves.js';

const NOW = 1_000_000_000;
const instance = (name: string, more: Partial<MovableInstance> = {}): MovableInstance => ({
  ...{ name, appId: 'shop', service: name, state: 'running', busy: false },
  ...more,
});
const moved = (...instances: readonly MovableInstance[]): readonly string[] =>
  movesOf(NOW, instances).map(
    (move) => `${move.instance} ${move.attempt}${move.yields === true ? ' yields' : ''}`,
  );
const tried = (count: number, agoMs: number) => ({
  moves: { count, lastAt: NOW - agoMs, error: { code: 'NO_NODE', message: 'No node fits.' } },
});

describe('moves away from a node', () => {
  it('are of what runs, of each service one, and of at most eight at once', () => {
    const [a, b] = [instance('a', { service: 'web' }), instance('b', { service: 'web' })];
    expect(moved(a, b, instance('c'))).toEqual(['a 1', 'c 1']);
    const many = Array.from({ length: 20 }, (_, n) => instance(`i${n}`));
    expect(moved(...many)).toHaveLength(8);
  });

  it('are not of what is busy, drains, was abandoned or has its volumes there', () => {
    const others = [{ busy: true }, { state: 'draining' }, { state: 'abandoned' }, { bound: true }] as const;
    expect(moved(...others.map((more, n) => instance(`i${n}`, more)))).toEqual([]);
  });

  it('that failed are tried again, less and less often, for ever, and are forgotten after long', () => {
    expect(moved(instance('a', tried(3, backoffMs(3) - 1)))).toEqual([]);
    expect(moved(instance('a', tried(3, backoffMs(3))))).toEqual(['a 4']);
    expect(moved(instance('a', tried(500, 300_000)))).toEqual(['a 501']);
    expect(moved(instance('a', tried(3, 600_001)))).toEqual(['a 1']);
  });
});

describe('what can run nowhere else', () => {
  const noRoom = tried(1, 60_000);

  it('is stopped only as far as its service may have instances missing', () => {
    const of = (maxUnavailable: number | undefined, wanted: number, running: number) => ({
      ...{ maxUnavailable, wanted, running },
    });
    const volumes = { bound: true };
    expect(moved(instance('a', { ...volumes, ...of(undefined, 1, 1) }))).toEqual([]);
    expect(moved(instance('a', { ...volumes, ...of(0, 1, 1) }))).toEqual([]);
    expect(moved(instance('a', { ...volumes, ...of(1, 1, 1) }))).toEqual(['a 1 yields']);
    // One is missing already, and no more may be.
    expect(moved(instance('a', { ...noRoom, ...of(1, 3, 2) }))).toEqual(['a 2']);
    expect(moved(instance('a', { ...noRoom, ...of(1, 3, 3) }))).toEqual(['a 2 yields']);
    expect(moved(instance('a', { ...noRoom, ...of(2, 3, 2) }))).toEqual(['a 2 yields']);
    // What is too many is missed by nobody, and what was stopped is wanted by nobody.
    expect(moved(instance('a', { ...noRoom, ...of(1, 0, 1) }))).toEqual(['a 2 yields']);
  });

  it('is told from what has not been tried elsewhere, or failed there for another reason', () => {
    const one = { maxUnavailable: 1, wanted: 1, running: 1 };
    const unhealthy = { moves: { ...noRoom.moves, error: { code: 'HEALTH_TIMEOUT', message: 'm' } } };
    expect(moved(instance('a', one))).toEqual(['a 1']);
    expect(moved(instance('a', { ...one, ...unhealthy }))).toEqual(['a 2']);
  });

  it('stays on a node that was removed: nobody waits for that to be empty', () => {
    const bound = instance('a', { bound: true, maxUnavailable: 1, wanted: 1, running: 1 });
    expect(movesOf(NOW, [bound], 'gone')).toEqual([]);
  });

  it('never leaves more missing than may be, whatever runs (one move of a service at a time)', () => {
    const small = fc.integer({ min: 0, max: 5 });
    fc.assert(
      fc.property(small, small, fc.integer({ min: 1, max: 5 }), (maxUnavailable, wanted, running) => {
        const [move] = movesOf(NOW, [instance('a', { bound: true, maxUnavailable, wanted, running })]);
        if (move !== undefined) expect(wanted - (running - 1)).toBeLessThanOrEqual(maxUnavailable);
      }),
    );
  });
});

it('what maxUnavailable has to do with it is told', () => {
  const reasons = (more: Partial<MovableInstance>) =>
    holdingOf(NOW, [instance('a', more)]).map(({ reason }) => reason)[0];
  const limits = { maxUnavailable: 1, wanted: 3, running: 2 };
  expect(reasons({ ...tried(2, 1_000), ...limits })).toBe(
    'NO_NODE: No node fits. (tried 2 times, and again). maxUnavailable of its config.json lets 1 be missing, and 2 of 3 run',
  );
  expect(reasons({ bound: true, maxUnavailable: 1, wanted: 1, running: 1 })).toBe(
    'it is about to be stopped: maxUnavailable lets it be missing',
  );
});

it('what holds a drain up is told of each instance that is there still', () => {
  const instances = [
    ...[instance('a'), instance('b', { busy: true }), instance('c', { state: 'draining' })],
    ...[
      instance('d', { bound: true }),
      instance('e', tried(2, 1_000)),
      instance('f', { state: 'abandoned' }),
    ],
  ];
  expect(holdingOf(NOW, instances).map(({ instance: name, reason }) => `${name}: ${reason}`)).toEqual([
    'a: it is about to be moved',
    'b: a request of its service is under way: it is moved, or waits for that',
    'c: it is taken out of traffic and stopped',
    'd: its volumes lie on this node, so it cannot run elsewhere: stop it with slipway stop shop d. maxUnavailable of its config.json lets none be missing',
    'e: NO_NODE: No node fits. (tried 2 times, and again). maxUnavailable of its config.json lets none be missing',
  ]);
});
