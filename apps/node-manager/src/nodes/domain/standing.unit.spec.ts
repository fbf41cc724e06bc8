import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideCleaned,
  decideCommand,
  decideDrained,
  decideEnrolment,
  decideVerdict,
  NEW_STANDING,
  type NodeCommand,
  shownState,
  type Standing,
  stateOf,
  wishes,
} from './standing.js';

const T1 = '2026-01-01T00:00:00.000Z';
const T2 = '2026-01-02T00:00:00.000Z';
const T3 = '2026-01-03T00:00:00.000Z';
const ada = { at: T1, by: 'ada', reason: 'new disk' };

const after = (standing: Standing, command: NodeCommand, live = 0): Standing => {
  const decided = decideCommand(standing, command, { said: ada, live });
  if (decided.refused !== undefined) throw new Error(decided.refused);
  return decided.standing;
};
const silent = (standing: Standing): Standing =>
  decideVerdict(standing, { reachable: false, isClean: false, at: T2, reason: 'connect ECONNREFUSED' })
    .standing;
const back = (standing: Standing): Standing =>
  decideVerdict(standing, { reachable: true, isClean: false, at: T3 }).standing;
const answering = (standing: Standing): Standing => decideCleaned(back(standing), T3).standing;
const cordoned = after(NEW_STANDING, { kind: 'cordon' });

describe('the state of a node', () => {
  it.each([
    ['none', true, 'ready'],
    ['cordoned', true, 'cordoned'],
    ['draining', true, 'draining'],
    ['none', false, 'unreachable'],
    ['cordoned', false, 'unreachable'],
    ['draining', false, 'unreachable'],
    ['removed', true, 'gone'],
    ['removed', false, 'gone'],
  ] as const)('of one that people want %s, and that answers: %s, is %s', (wish, reachable, state) => {
    expect(stateOf({ wish, reachable })).toBe(state);
  });

  it('of a cordoned node that fell silent was lost: it came back as ready', () => {
    const away = silent(cordoned);
    expect(shownState(away)).toEqual({
      ...{ state: 'unreachable', at: T2 },
      reason: 'connect ECONNREFUSED; it stays cordoned when it answers',
    });
    expect(shownState(answering(away))).toEqual({ state: 'cordoned', ...ada });
  });

  it('of one that answers again is returning until what it still runs is removed', () => {
    const returning = back(silent(NEW_STANDING));
    expect(shownState(returning)).toEqual({
      ...{ state: 'returning', at: T3 },
      reason: 'being cleaned: what was replaced while it was unreachable is removed first',
    });
    expect(shownState(back(silent(cordoned))).reason).toContain('; it stays cordoned after that');
    expect(decideCleaned(returning, T3)).toMatchObject({ event: 'reachable', standing: { reachable: true } });
    expect(stateOf(decideCleaned(returning, T3).standing)).toBe('ready');
  });

  it('of one that was cleaned after an earlier return stays returning, and one that is lost again is unreachable', () => {
    const returning = back(silent(NEW_STANDING));
    expect(decideCleaned(returning, T2)).toEqual({ standing: returning });
    expect(stateOf(silent(returning))).toBe('unreachable');
    expect(silent(returning).returning).toBeUndefined();
  });

  it('of one that was cleaned before its return is known is ready at once', () => {
    const clean = decideVerdict(silent(NEW_STANDING), { reachable: true, isClean: true, at: T3 });
    expect(clean).toMatchObject({ event: 'reachable' });
    expect(stateOf(clean.standing)).toBe('ready');
  });

  it('says since when it is ready: since the last of what ended', () => {
    expect(shownState(NEW_STANDING)).toEqual({ state: 'ready' });
    expect(shownState(answering(silent(NEW_STANDING)))).toEqual({ state: 'ready', at: T3 });
    expect(shownState(after(cordoned, { kind: 'uncordon' }))).toEqual({ state: 'ready', at: T1 });
  });
});

describe('a command', () => {
  it('that asks for what is so already changes nothing and leaves no event', () => {
    for (const [standing, kind] of [
      [cordoned, 'cordon'],
      [NEW_STANDING, 'uncordon'],
    ] as const)
      expect(decideCommand(standing, { kind }, { said: ada, live: 1 })).toEqual({ standing });
  });

  it('can be given of a node that does not answer', () => {
    expect(stateOf(answering(after(silent(NEW_STANDING), { kind: 'drain' }, 1)))).toBe('draining');
  });

  it('drains: at once where nothing runs there, and until uncordon', () => {
    const idle = after(NEW_STANDING, { kind: 'drain', deadline: T3 });
    expect(idle.drain).toEqual({ deadline: T3, drainedAt: T1 });
    expect(shownState(idle)).toMatchObject({ state: 'draining', reason: `drained at ${T1}` });
    const busy = after(NEW_STANDING, { kind: 'drain' }, 2);
    expect(busy.drain).toEqual({});
    expect(shownState(busy)).toEqual({ state: 'draining', ...ada });
    expect(after(busy, { kind: 'uncordon' })).toEqual({ wish: 'none', wished: ada, reachable: true });
  });

  it('removes what is empty, and by force what is lost; a removed node takes no command', () => {
    const remove = (live: number, force: boolean) =>
      decideCommand(cordoned, { kind: 'remove', force }, { said: ada, live });
    expect(remove(1, false)).toEqual({ refused: 'in-use' });
    expect(remove(0, false)).toMatchObject({ event: 'removed' });
    expect(remove(1, true)).toMatchObject({ event: 'removed' });
    const gone = after(cordoned, { kind: 'remove', force: true }, 1);
    expect(shownState(silent(gone))).toEqual({ state: 'gone', ...ada });
    for (const kind of ['cordon', 'uncordon', 'drain'] as const)
      expect(decideCommand(gone, { kind }, { said: ada, live: 0 })).toEqual({ refused: 'gone' });
  });
});

describe('a drain', () => {
  const draining = after(NEW_STANDING, { kind: 'drain', deadline: T3 }, 1);
  const again = (command: { deadline?: string }, said: { at: string; by: string; reason?: string }) =>
    decideCommand(draining, { kind: 'drain', ...command }, { said, live: 1 });

  it('that was asked for once more, to wait for it, lost its reason, its deadline and its time', () => {
    expect(again({}, { at: T2, by: 'bob' })).toEqual({ standing: draining });
  });

  it('takes what is said anew, and keeps the rest', () => {
    const T4 = '2026-01-04T00:00:00.000Z';
    expect(again({ deadline: T4 }, { at: T2, by: 'bob' })).toMatchObject({
      ...{ event: 'draining' },
      standing: { wished: { at: T1, by: 'bob', reason: 'new disk' }, drain: { deadline: T4 } },
    });
    expect(again({}, { at: T2, by: 'bob', reason: 'new kernel' })).toMatchObject({
      standing: { wished: { at: T1, reason: 'new kernel' }, drain: { deadline: T3 } },
    });
  });

  it('whose deadline has passed has none for who asks again', () => {
    expect(again({}, { at: T3, by: 'bob' })).toMatchObject({ event: 'draining', standing: { drain: {} } });
    expect(again({}, { at: T3, by: 'bob' })).not.toHaveProperty('standing.drain.deadline');
  });

  it('is done when nothing runs there, and undone by a start that was under way', () => {
    const done = decideDrained(draining, 0, T2);
    expect(done).toMatchObject({ event: 'drained', standing: { drain: { deadline: T3, drainedAt: T2 } } });
    expect(decideDrained(done.standing, 1, T3)).toEqual({ standing: draining });
    expect(decideDrained(done.standing, 0, T3).standing).toBe(done.standing);
    expect(decideDrained(cordoned, 0, T2).standing).toBe(cordoned);
  });
});

describe('an enrolment', () => {
  it('of a node that is unreachable showed it as ready, though nobody had seen it answer', () => {
    expect(stateOf(decideEnrolment(silent(NEW_STANDING)).standing)).toBe('unreachable');
    expect(decideEnrolment(back(silent(cordoned))).standing).toEqual(back(silent(cordoned)));
  });

  it('keeps what people asked, and begins anew after a removal', () => {
    expect(decideEnrolment(undefined).standing).toEqual(NEW_STANDING);
    expect(decideEnrolment(cordoned).standing).toBe(cordoned);
    const gone = after(silent(cordoned), { kind: 'remove', force: true });
    expect(decideEnrolment(gone).standing).toEqual(NEW_STANDING);
  });
});

const standings = fc.record({
  wish: fc.constantFrom(...wishes),
  reachable: fc.boolean(),
}) satisfies fc.Arbitrary<Standing>;

describe('whatever happens', () => {
  it('a verdict never changes what people ask, and a command never what is known of the node', () => {
    const commands: fc.Arbitrary<NodeCommand> = fc.constantFrom(
      { kind: 'cordon' },
      { kind: 'uncordon' },
      { kind: 'drain' },
      { kind: 'remove', force: true },
    );
    fc.assert(
      fc.property(standings, commands, fc.boolean(), fc.nat(3), (standing, command, reachable, live) => {
        const judged = decideVerdict(standing, { reachable, isClean: false, at: T2 }).standing;
        expect(judged.wish).toBe(standing.wish);
        const decided = decideCommand(standing, command, { said: ada, live });
        if (decided.refused === undefined) expect(decided.standing.reachable).toBe(standing.reachable);
        expect(stateOf(judged) === 'gone').toBe(standing.wish === 'removed');
      }),
    );
  });
});
