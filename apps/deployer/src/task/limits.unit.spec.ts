import { describe, expect, it } from 'vitest';
import type { Effect } from './domain/task.effects.js';
import type { TaskEvent } from './domain/task.events.js';
import { foldTask } from './domain/task.state.js';
import { accepted, releaseWith } from './domain/task.testing.js';
import type { EffectScope } from './effect-scope.js';
import { BuildPlaces } from '../build/build-places.js';
import type { Runnable } from './domain/effect-table.js';
import { createEffectRunner, type EffectPorts } from './effect-runner.js';
import { settled } from './timer.testing.js';
import { Turns } from './turns.js';

const release = releaseWith('new', 1);
const { sourceDigest, config } = release;
const clock = { now: () => new Date(0) };

/** Counts what goes on at once at each place. */
class Counter {
  readonly most = new Map<string, number>();
  readonly times = new Map<string, number>();
  private readonly now = new Map<string, number>();

  async at<T>(place: string, result: T): Promise<T> {
    const busy = (this.now.get(place) ?? 0) + 1;
    this.now.set(place, busy);
    this.times.set(place, (this.times.get(place) ?? 0) + 1);
    this.most.set(place, Math.max(busy, this.most.get(place) ?? 0));
    // The others that may begin do so meanwhile.
    await settled();
    this.now.set(place, (this.now.get(place) ?? 0) - 1);
    return result;
  }
}

function runnerWith(counter: Counter, limits: ReadonlyMap<string, number>, nodeLimit: number) {
  const ports: unknown = {
    releases: { current: () => Promise.resolve(undefined) },
    sources: {
      fetch: () =>
        Promise.resolve({ sourceDigest, config, directory: '/none', dispose: () => Promise.resolve() }),
    },
    builder: { limits, tagOf: () => 'tag', build: (name: string) => counter.at(name, undefined) },
    engines: {
      pull: (node: string) => counter.at(node, undefined),
      launch: (node: string) => counter.at(node, { container: 'c', startedAt: '2026-01-01T00:00:00Z' }),
    },
    output: { lines: () => undefined, ended: () => Promise.resolve() },
    limits: { fetchMs: 9_000, buildMs: 9_000, pullMs: 9_000, startMs: 9_000, stopMs: 9_000, pushMs: 9_000 },
    clock,
    places: new BuildPlaces({ limits, clock }),
    nodeTurns: new Turns(() => nodeLimit),
  };
  return createEffectRunner(ports as EffectPorts);
}

const fetched: TaskEvent = { type: 'SourceFetched', data: { sourceDigest, config, phase: 'fetch', ms: 1 } };

const scopeOf = (index: number): EffectScope => ({
  claim: { taskId: `t${index}/web`, fence: 1n },
  ...{ signal: new AbortController().signal, kept: {} },
});

/** One effect of each of so many tasks, all at once. */
function allAtOnce(
  runner: ReturnType<typeof runnerWith>,
  count: number,
  effectOf: (index: number) => Effect,
): Promise<unknown> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const state = foldTask([accepted({ token: `t${index}` }), fetched]);
      return runner.run(scopeOf(index), state, effectOf(index) as Runnable);
    }),
  );
}

describe('many tasks at once', () => {
  it('build at most as many at each builder as it may, and use every builder to its limit', async () => {
    const counter = new Counter();
    const limits = new Map([
      ['small', 2],
      ['big', 5],
    ]);
    await allAtOnce(runnerWith(counter, limits, 1), 60, () => ({ kind: 'build-image', sourceDigest }));
    expect(Object.fromEntries(counter.most)).toEqual({ small: 2, big: 5 });
    expect([...counter.times.values()].reduce((sum, one) => sum + one)).toBe(60);
  });

  it('pull and start at most as many on each node as it may', async () => {
    const counter = new Counter();
    const nodeOf = (index: number) => ({
      ...{ name: `node-${index % 3}`, address: '10.0.0.1', port: 20_000 + index, score: 50 },
    });
    const runner = runnerWith(counter, new Map([['only', 1]]), 4);
    await allAtOnce(runner, 60, (index) => {
      const at = { ordinal: 0, node: nodeOf(index), release };
      return index % 2 === 0
        ? { kind: 'pull-image', ...at }
        : { kind: 'start-instance', ...at, accessToken: 'a' };
    });
    expect(Object.fromEntries(counter.most)).toEqual({ 'node-0': 4, 'node-1': 4, 'node-2': 4 });
    expect([...counter.times.values()].reduce((sum, one) => sum + one)).toBe(60);
  });
});
