import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.js';
import { holdingOf, movesOf, type MovableInstance } from './moves.js';

const NOW = 1_000_000_000;
const instance = (name: string, more: Partial<MovableInstance> = {}): MovableInstance => ({
  ...{ name, appId: 'shop', service: name, state: 'running', busy: false },
  ...more,
});
const moved = (...instances: readonly MovableInstance[]): readonly string[] =>
  movesOf(NOW, instances).map((move) => `${move.instance} ${move.attempt}`);
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
    'd: its volumes lie on this node, so it cannot run elsewhere: stop it with slipway stop shop d',
    'e: NO_NODE: No node fits. (tried 2 times, and again)',
  ]);
});
