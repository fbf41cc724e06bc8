import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serviceReply } from '../../requests/domain/reply.js';
import { firstSpec } from '../../services/domain/spec.js';
import { decide } from '../../task/domain/decide.js';
import { isRecorded } from '../../task/domain/effect-table.js';
import { nextEffects, type Effect } from '../../task/domain/task.effects.js';
import type { TaskEventOf } from '../../task/domain/task.events.js';
import { foldTask } from '../../task/domain/task.state.js';
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

describe('a scaling that failed was not taken back, and filled the nodes afterwards', () => {
  const scale = (world: Partial<Wanted>, wish: object = { to: 4 }): Ran =>
    run({ scale: wish }, { wanted: 1, runs: 1, failing: ['await-node 2'], ...world });

  it('it keeps what found room, and says what stays wanted and how to take that back', () => {
    const { state, done } = scale({});
    expect(servingOf(state).instances).toHaveLength(3);
    expect(done).not.toContain('remove-leftovers');
    const { message } = serviceReply(state).error ?? {};
    expect(message).toMatch(/^1 of the 3 new instances were not started\. No node fits web\./);
    expect(message).toMatch(
      /4 stays wanted: 3 run; the rest is started as soon as there is room\. To take it back: slipway scale shop web 1$/,
    );
  });

  it('it does not blame others for the room that it has reserved itself', () => {
    expect(serviceReply(scale({}).state).error?.message).toContain(
      'Of what is used, this request itself has reserved room for 2 instances: 1 on node-0, 1 on node-1.',
    );
    const alone = scale({ failing: [0, 1, 2].map((ordinal) => `await-node ${ordinal}`) });
    expect(serviceReply(alone.state).error?.message).not.toContain('reserved');
  });

  it('one that fails otherwise does the same, for its count stays wanted too', () => {
    const { state } = scale({ failing: ['probe-instance 1'] });
    expect(servingOf(state).instances).toHaveLength(2);
    expect(serviceReply(state).error?.message).toMatch(
      /4 stays wanted: 2 run; Slipway tries again to start the rest\. To take it back: slipway scale shop web 1$/,
    );
  });

  it('one that asks for what is wanted already has nothing to take back', () => {
    const { message } = serviceReply(scale({ wanted: 4 }).state).error ?? {};
    expect(message).toMatch(/4 stays wanted: 3 run; the rest is started as soon as there is room\.$/);
  });

  it('a repair says nothing of it, for nobody asked for it', () => {
    const restored = restore({ wanted: 4, runs: 1, failing: ['await-node 2'] });
    const relaunched = scale({ dead: 1, failing: ['await-node 0'], wanted: 2 }, { repairs: 'before-1' });
    for (const { state } of [restored, relaunched]) {
      const { error } = serviceReply(state);
      expect(error).toBeDefined();
      expect(error?.message).not.toContain('wanted');
    }
  });
});

it('a scaling that is cancelled leaves what ran before it, for its count is taken back', () => {
  const begun = run({ scale: { to: 3 } }, { wanted: 1, runs: 1, failing: ['await-node 1'] });
  const ended = begun.events.findIndex(({ type }) => type === 'TaskFailed');
  const error = { code: 'CANCELLED', message: 'The request t1 was cancelled.', hint: 'h' };
  const cancelled = foldTask([
    ...begun.events.slice(0, ended),
    { type: 'StepFailed', data: { step: 'interruption', error } },
  ]);
  expect(servingOf(cancelled).instances).toHaveLength(1);
  expect(nextEffects(cancelled)).toMatchObject([{ kind: 'remove-leftovers', slots: [{ ordinal: 0 }] }]);
});

it('every restore and every scaling leaves what became healthy, and the next restore asks for the rest', () => {
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
      fc.boolean(),
      (wanted, runs, dead, failing, picks, asked) => {
        const choose = (effects: readonly Effect[]): Effect | undefined =>
          effects[(picks.next().value as number) % Math.max(1, effects.length)];
        const scale = asked ? { to: wanted } : { restore: true };
        const { state } = run({ scale }, { wanted: asked ? 1 : wanted, runs, dead, failing, choose });
        const healthy = state.slots.filter(({ name, healthy: isWell }) => isWell && name !== undefined);
        const serving = servingOf(state).instances.length;
        expect(serving).toBe(Math.min(runs, wanted) + healthy.length);
        expect(state.outcome === 'failed').toBe(serving < wanted);
        const again = restore({ wanted, runs: serving, failing: [] });
        expect(again.state.slots).toHaveLength(wanted - serving);
        expect(again.state.outcome).toBe('running');
      },
    ),
    { numRuns: 200 },
  );
});
