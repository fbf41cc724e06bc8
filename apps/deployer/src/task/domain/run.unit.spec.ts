import { describe, expect, it } from 'vitest';
import { initialRun, next, PARK_MS, PATIENCE_MS, type RunInput, type RunState } from './run.js';
import type { TaskEvent } from './task.events.js';
import { foldTask, type TaskState } from './task.state.js';
import { accepted, releaseWith } from './task.testing.js';

const release = releaseWith('new', 1);
const TURN: TaskEvent = { type: 'TurnTaken', data: {} };
const reading = foldTask([accepted({ mode: 'run' }), TURN]);
const planned: readonly TaskEvent[] = [
  accepted({ mode: 'run' }),
  { type: 'InstancesSurveyed', data: { instances: [] } },
  { type: 'ReleaseResolved', data: { release } },
  { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
];
const placing = foldTask([
  ...planned,
  { type: 'NodeRequested', data: { ordinal: 0, accessToken: 't1:web:0' } },
]);
const error = { code: 'TEST', message: 'm', hint: 'h' };

/** The state after these inputs, and the kinds of the actions of the last. */
function after(task: TaskState, inputs: readonly RunInput[], from: RunState = initialRun, now = 0) {
  let run = from;
  let actions: readonly { readonly kind: string }[] = [];
  for (const input of inputs) [run, actions] = next(run, input, task, now);
  return { run, kinds: actions.map(({ kind }) => kind) };
}

describe('what a run does next', () => {
  it('starts all that may be done side by side, each once', () => {
    const { run, kinds } = after(reading, [{ kind: 'begin' }]);
    expect(kinds).toEqual(['start', 'start', 'rest']);
    expect([...run.underWay]).toEqual(['resolve-release', 'survey']);
    expect(after(reading, [{ kind: 'answer' }], run).kinds).toEqual(['rest']);
  });

  it('interrupts what is under way at the first failure, and only then', () => {
    const failed: RunInput = { kind: 'failed', error };
    const { run, kinds } = after(reading, [{ kind: 'begin' }, failed]);
    expect(kinds).toEqual(['interrupt']);
    expect(after(reading, [{ kind: 'deadline' }], run)).toMatchObject({
      kinds: [],
      run: { interrupted: error },
    });
  });

  it('stores why it was interrupted once all that was under way has ended', () => {
    const ends = ['resolve-release', 'survey'].map((key): RunInput => ({ kind: 'done', key }));
    const inputs: readonly RunInput[] = [{ kind: 'begin' }, { kind: 'deadline' }, ...ends];
    expect(after(reading, inputs.slice(0, -1)).kinds).toEqual([]);
    expect(after(reading, inputs).kinds).toEqual(['record-failure']);
    expect(after(reading, [...inputs, { kind: 'answer' }]).kinds).toEqual([]);
  });

  it('with a short deadline the known cause was lost: it is repeated, of steps that have not ended', () => {
    const cause = 'web-0 listens on 127.0.0.1:5000, which nobody outside its container reaches.';
    const note = (key: string, text: string): RunInput => ({ kind: 'note', key, note: text });
    const inputs: readonly RunInput[] = [
      ...[{ kind: 'begin' } as const, note('survey', 'earlier'), note('survey', cause)],
      ...[note('resolve-release', 'of no interest'), { kind: 'done', key: 'resolve-release' } as const],
    ];
    expect(after(reading, [...inputs, { kind: 'deadline' }]).run.interrupted).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: `The deadline of the request passed (${reading.deadlineAt}). Seen last: ${cause}`,
      hint: expect.stringContaining('--timeout') as string,
    });
    expect(after(reading, [{ kind: 'deadline' }]).run.interrupted?.message).toMatch(/Z\)\.$/);
  });

  it('looks for an answer, is patient for a while, then lets the task go', () => {
    const looked: RunInput = { kind: 'looked', found: false };
    expect(after(placing, [{ kind: 'begin' }]).kinds).toEqual(['look']);
    const { run, kinds } = after(placing, [{ kind: 'begin' }, looked]);
    expect(kinds).toEqual(['rest']);
    const rested: RunInput = { kind: 'rested' };
    expect(after(placing, [rested], run, PATIENCE_MS - 1).kinds).toEqual(['rest']);
    const parking = after(placing, [rested], run, PATIENCE_MS);
    expect(parking.kinds).toEqual(['park']);
    expect(after(placing, [{ kind: 'answer' }], parking.run).kinds).toEqual([]);
    expect(after(placing, [{ kind: 'parked', parked: true }], parking.run).kinds).toEqual(['end']);
  });

  it('looks again when what it waits for came while the task was let go of', () => {
    const { run } = after(placing, [{ kind: 'begin' }, { kind: 'looked', found: false }]);
    const parking = after(placing, [{ kind: 'rested' }], run, PATIENCE_MS).run;
    const { run: kept, kinds } = after(placing, [{ kind: 'parked', parked: false }], parking);
    expect(kinds).toEqual(['ask-cancelled']);
    expect(after(placing, [{ kind: 'not-cancelled' }], kept).kinds).toEqual(['look']);
  });

  it('asks one question at a time, and does not forget the next', () => {
    const { run, kinds } = after(placing, [{ kind: 'begin' }, { kind: 'nudge' }]);
    expect(kinds).toEqual([]);
    expect(after(placing, [{ kind: 'looked', found: false }], run).kinds).toEqual(['ask-cancelled']);
  });

  it('looks at the record by itself now and then, while steps are under way', () => {
    const [, actions] = next(initialRun, { kind: 'begin' }, reading, 0);
    expect(actions.at(-1)).toMatchObject({ kind: 'rest', ms: PARK_MS, then: { kind: 'nudge' } });
  });

  it('lets go of a task whose turn has not come', () => {
    const built = foldTask([accepted({}), { type: 'ReleaseReused', data: { release } }]);
    const { run, kinds } = after(built, [{ kind: 'begin' }]);
    expect(kinds).toEqual(['take-turn']);
    expect(after(built, [{ kind: 'deadline' }], run).kinds).toEqual(['interrupt']);
    expect(after(built, [{ kind: 'turn', taken: false }], run).kinds).toEqual(['end']);
  });

  it('begins no clean-up before what was under way has ended', () => {
    const { run } = after(reading, [{ kind: 'begin' }]);
    const failed = foldTask([
      accepted({ mode: 'run' }),
      { type: 'StepFailed', data: { step: 'survey', error } },
    ]);
    expect(after(failed, [{ kind: 'done', key: 'survey' }], run).kinds).not.toContain('start');
    const ended: readonly RunInput[] = [
      { kind: 'done', key: 'survey' },
      { kind: 'done', key: 'resolve-release' },
    ];
    expect(after(failed, ended, run).kinds).toContain('start');
  });

  it('ends with the task', () => {
    const done = foldTask([...planned, { type: 'TaskSucceeded', data: { outcome: 'running' } }]);
    expect(after(done, [{ kind: 'begin' }]).kinds).toEqual(['end']);
  });
});
