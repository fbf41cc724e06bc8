import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serviceReply } from '../../requests/domain/reply.js';
import { firstSpec } from '../../services/domain/spec.js';
import { decide } from '../../task/domain/decide.js';
import { isRecorded } from '../../task/domain/effect-table.js';
import type { Effect } from '../../task/domain/task.effects.js';
import type { TaskEventOf } from '../../task/domain/task.events.js';
import { accepted, releaseWith, running, runToEnd, type Ran } from '../../task/domain/task.testing.js';
import { servingOf } from './serving.js';

const AT = '2026-01-01T00:00:00.000Z';
const given = { now: new Date(AT), drainMs: 200 };
const release = releaseWith('old', 1);
const by = { arrival: 1, at: AT, by: 'scale', token: 't0' };

interface Wanted {
  readonly wanted: number;
  readonly runs: number;
  /** Of the instances that run before it. */
  readonly dead?: number;
  readonly failing: readonly string[];
  readonly choose?: (effects: readonly Effect[]) => Effect | undefined;
}

/** A task of a service of which so many are wanted, and so many run. */
function run(
  task: Partial<TaskEventOf<'TaskAccepted'>['data']>,
  { wanted, runs, dead = 0, failing, choose }: Wanted,
): Ran {
  const spec = firstSpec({ release: 'old' }, { count: wanted, limits: release.config.resources }, by);
  const instances = Array.from({ length: runs + dead }, (_, n) =>
    running(`before-${n}`, release, { alive: n < runs }),
  );
  return runToEnd(
    accepted({ ...task, mode: 'scale' }),
    { release, before: instances, spec, failing },
    (state, effect) => (isRecorded(effect) ? decide(effect, state, given).events : undefined),
    choose,
  );
}

const restore = (world: Wanted): Ran => run({ scale: { restore: true } }, world);

describe('a restore that finds room for some of the missing instances only', () => {
  it('keeps those, and says how many are missing', () => {
    const { state, done } = restore({ wanted: 4, runs: 1, failing: ['await-node 0', 'await-node 2'] });
    expect(servingOf(state).instances).toHaveLength(2);
    expect(done).not.toContain('remove-leftovers');
    const reply = serviceReply(state);
    expect(reply).toMatchObject({ status: 'failed', error: { code: 'NO_NODE' } });
    expect(reply.error?.message).toContain('2 of the 3 missing instances were not started.');
    expect(reply.error?.message).toContain('Still serving: 2 of release old.');
  });

  it('does not give up the others while they start', () => {
    // All nodes are asked for at once, and the answer that there is none comes first.
    const choose = (effects: readonly Effect[]): Effect | undefined =>
      effects.find(isRecorded) ??
      effects.find((effect) => effect.kind === 'await-node' && effect.ordinal === 1) ??
      effects[0];
    const { done } = restore({ wanted: 3, runs: 1, failing: ['await-node 1'], choose });
    expect(done.indexOf('await-node 1')).toBeLessThan(done.indexOf('probe-instance 0'));
  });

  it('leaves what does not answer as it is: there is nothing in its place', () => {
    const { done } = restore({ wanted: 3, runs: 1, dead: 1, failing: ['await-node 1'] });
    expect(done.filter((key) => /drain|stop/.test(key))).toEqual([]);
  });
});

it('a restore that fails otherwise keeps what was healthy by then', () => {
  const { state, events } = restore({ wanted: 3, runs: 1, failing: ['probe-instance 1'] });
  expect(servingOf(state).instances).toHaveLength(2);
  const removed = events.find(({ type }) => type === 'LeftoversRemoved');
  expect(removed?.data).toEqual({ instances: ['1'] });
});

it('a scaling that somebody asks for starts all or nothing', () => {
  const failing = ['await-node 1'];
  const { state } = run({ scale: { to: 3 } }, { wanted: 1, runs: 1, failing });
  expect(servingOf(state).instances).toHaveLength(1);
});

it('every restore leaves what became healthy, and the next one asks for the rest', () => {
  const key = fc
    .tuple(fc.constantFrom('await-node', 'start-instance', 'probe-instance'), fc.nat(4))
    .map(([kind, ordinal]) => `${kind} ${ordinal}`);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.nat(5),
      fc.nat(2),
      fc.array(key, { maxLength: 4 }),
      fc.infiniteStream(fc.nat()),
      (wanted, runs, dead, failing, picks) => {
        const choose = (effects: readonly Effect[]): Effect | undefined =>
          effects[(picks.next().value as number) % Math.max(1, effects.length)];
        const { state } = restore({ wanted, runs, dead, failing, choose });
        const healthy = state.slots.filter(({ name, healthy: isWell }) => isWell && name !== undefined);
        const serving = servingOf(state).instances.length;
        expect(serving).toBe(Math.min(runs, wanted) + healthy.length);
        expect(state.outcome === 'failed').toBe(serving < wanted);
        const again = restore({ wanted, runs: serving, failing: [] });
        expect(again.state.slots).toHaveLength(wanted - serving);
        expect(again.state.outcome).toBe('running');
      },
    ),
    { numRuns: 500 },
  );
});
