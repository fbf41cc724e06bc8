import { beforeEach, expect, it } from 'vitest';
import { SILENT_MS } from './domain/own-scores.js';
import { BEGIN, NAME, rules, secondWith } from './domain/scores.testing.js';
import type { SharedScore } from './domain/merged.js';
import type { ScoreMinute } from './domain/score-minutes.js';
import type { Shares } from './ports.js';
import { ScoreInstances } from './score-instances.js';

/** What replicas share, as one place that may be away. */
class Board {
  isAway = false;
  private readonly shares = new Map<string, readonly SharedScore[]>();

  of(replica: string) {
    const shares = (): Shares => (this.isAway ? new Map() : new Map(this.shares));
    return {
      recall: () => Promise.resolve(shares()),
      exchange: (own: readonly SharedScore[]) => {
        if (!this.isAway) this.shares.set(replica, own);
        return Promise.resolve(new Map([...shares()].filter(([name]) => name !== replica)));
      },
    };
  }

  flush(): void {
    this.shares.clear();
  }
}

let board: Board;
let nowMs: number;
let stored: ScoreMinute[];
let isDatabaseAway: boolean;
const draining = new Set<string>();
const errors: unknown[] = [];
beforeEach(() => {
  board = new Board();
  nowMs = BEGIN;
  stored = [];
  isDatabaseAway = false;
  draining.clear();
  errors.length = 0;
});

function replica(name: string): ScoreInstances {
  return new ScoreInstances({
    ...{ rules, figures: { instances: () => new Map() }, shared: board.of(name), draining },
    minutes: {
      store(minutes) {
        if (isDatabaseAway) return Promise.reject(new Error('away'));
        stored.push(...minutes);
        return Promise.resolve();
      },
    },
    now: () => new Date(nowMs),
    onError: (error) => errors.push(error),
  });
}

/** Seconds of one node come to a replica, which shares after each. */
async function observe(scores: ScoreInstances, seconds: readonly number[], node = 'node-1'): Promise<void> {
  for (const second of seconds) {
    nowMs = BEGIN + second * 1_000;
    const observed = secondWith(second, {}, { node });
    const instances = new Map([...observed.instances].map(([, one]) => [`${node}-x`, one]));
    scores.observed({ ...observed, instances: node === 'node-1' ? observed.instances : instances });
    await scores.share();
  }
}
const seconds = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => from + n);
const names = (scores: ScoreInstances): readonly string[] => [...scores.all().keys()].toSorted();

it('each replica knows the scores of all', async () => {
  const [one, two] = [replica('one'), replica('two')];
  await observe(one, seconds(0, 3));
  await observe(two, seconds(3, 3), 'node-2');
  await one.share();
  expect(names(one)).toEqual(['node-2-x', NAME]);
  expect(names(two)).toEqual(names(one));
});

it('losing Redis killed every worker: its own share stays, the others age, and all are back with it', async () => {
  const [one, two] = [replica('one'), replica('two')];
  await observe(two, seconds(0, 3), 'node-2');
  await observe(one, seconds(3, 3));
  board.isAway = true;
  board.flush();
  await observe(one, seconds(6, 1));
  expect(names(one), 'at first nothing is missing').toEqual(['node-2-x', NAME]);
  nowMs += SILENT_MS;
  await observe(one, [6 + SILENT_MS / 1_000]);
  expect(names(one)).toEqual([NAME]);

  board.isAway = false;
  await observe(two, [30], 'node-2');
  await observe(one, [31]);
  expect(names(one)).toEqual(['node-2-x', NAME]);
});

it('a restart of all replicas recalls what there was, and goes on from it', async () => {
  await observe(replica('one'), seconds(0, 10));
  const again = replica('one');
  await again.recall();
  expect(again.all().get(NAME)).toMatchObject({ state: 'LU', overall: expect.closeTo(75.3, 1) as number });
  // Also under its own name, before the topic is read again.
  await again.share();
  expect(names(again)).toEqual([NAME]);
  nowMs += SILENT_MS + 1;
  await again.share();
  expect(names(again)).toEqual([]);
});

it('a flush of Redis hid the scores of the others until they wrote again: what they shared last counts', async () => {
  const [one, two] = [replica('one'), replica('two')];
  await observe(two, seconds(0, 3), 'node-2');
  await observe(one, seconds(3, 3));
  board.flush();
  await observe(one, seconds(6, 1));
  expect(names(one)).toEqual(['node-2-x', NAME]);
});

it('an instance that another replica does not name any more is gone at once', async () => {
  const [one, two] = [replica('one'), replica('two')];
  await observe(two, seconds(0, 3), 'node-2');
  await observe(one, seconds(3, 1));
  two.observed(secondWith(4, {}, { node: 'node-2', instances: new Map() }));
  await two.share();
  await observe(one, seconds(5, 1));
  expect(names(one)).toEqual([NAME]);
});

it('an instance that moves to another replica is not missing meanwhile', async () => {
  const [one, two] = [replica('one'), replica('two')];
  await observe(one, seconds(0, 10));
  await two.share();
  one.forget('node-1');
  await one.share();
  expect(names(two), 'what it shared is known still').toEqual([NAME]);
  await observe(two, seconds(9, 2));
  expect(two.all().get(NAME)?.at).toBe(BEGIN + 10_000);
});

it('an instance that is drained is SUNDOWN', async () => {
  const one = replica('one');
  draining.add(NAME);
  await observe(one, seconds(0, 10));
  expect(one.all().get(NAME)?.state).toBe('SUNDOWN');
});

it('keeps minutes, and those of a database that is away for later', async () => {
  const one = replica('one');
  isDatabaseAway = true;
  await observe(one, seconds(0, 65));
  await one.store();
  expect(errors).toHaveLength(1);
  isDatabaseAway = false;
  for (let n = 0; n < 2; n += 1) await one.store();
  expect(stored).toMatchObject([{ instance: NAME, beginMs: BEGIN, seconds: 60 }]);
});
