import type { TaskError } from '#libs/contracts';
import {
  isRecorded,
  isRunnable,
  isTurn,
  isWait,
  type Recorded,
  type Runnable,
  type Wait,
} from './effect-table.js';
import { never } from './never.js';
import { keyOf, nextEffects } from './task.effects.js';
import type { Asker } from './task.events.js';
import type { TaskState } from './task.state.js';

/** How long a waiting task is left alone before it looks again by itself; a wake comes first. */
export const PARK_MS = 5_000;
/** Keep the task for so long when only an answer of the load balancer is missing: answers take 10 to 500 ms. */
export const PATIENCE_MS = 1_000;

export type RunOutcome = 'finished' | 'parked';

/** How far a replica is with a task that it holds. */
export interface RunState {
  /** Keys of the steps that are under way. */
  readonly underWay: ReadonlySet<string>;
  /** What keeps these steps from their end, as they told it last. */
  readonly notes: ReadonlyMap<string, string>;
  /** Why the task ends before it has come to its end: the first reason counts. */
  readonly interrupted?: TaskError;
  /** Where that is a cancel. */
  readonly cancelledBy?: Asker;
  /** The question to the record whose answer is awaited. While it is let go of, nothing else is done. */
  readonly asking?: 'cancelled' | 'waits' | 'turn' | 'park';
  /** Something was stored that concerns the task: a cancel, or what it waits for. */
  readonly nudged: boolean;
  /** What is waited for may be there. */
  readonly mustLook: boolean;
  /** It may be there in the store, too, since that was asked last. */
  readonly lookInStore: boolean;
  /** Until when the task is kept though only an answer is missing; on the clock of `now`. */
  readonly patientUntil?: number;
}

/** What a run is fed with, one at a time. */
export type RunInput =
  | { readonly kind: 'begin' }
  /** What a step came to is stored, or it came to nothing. */
  | { readonly kind: 'done'; readonly key: string }
  /** What keeps a step from its end. */
  | { readonly kind: 'note'; readonly key: string; readonly note: string }
  /** A step failed; its failure is not stored yet. */
  | { readonly kind: 'failed'; readonly error: TaskError }
  | { readonly kind: 'answer' }
  | { readonly kind: 'nudge' }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'cancel'; readonly by: Asker }
  /** The time to rest is over. */
  | { readonly kind: 'rested' }
  | { readonly kind: 'not-cancelled' }
  | { readonly kind: 'looked'; readonly found: boolean }
  | { readonly kind: 'turn'; readonly taken: boolean }
  | { readonly kind: 'parked'; readonly parked: boolean };

/** What is to be done about it. None of these is waited for: what comes of it is an input. */
export type RunAction =
  /** Ends what is under way, but for clean-up. */
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'start'; readonly effect: Runnable }
  | { readonly kind: 'record'; readonly effect: Recorded }
  | { readonly kind: 'record-failure'; readonly error: TaskError; readonly cancelledBy?: Asker }
  | { readonly kind: 'ask-cancelled' }
  | { readonly kind: 'look'; readonly waits: readonly Wait[]; readonly inStore: boolean }
  | { readonly kind: 'take-turn' }
  | { readonly kind: 'park'; readonly waits: readonly Wait[] }
  /** Until something happens, or for so long. */
  | { readonly kind: 'rest'; readonly waits: readonly Wait[]; readonly ms: number; readonly then: RunInput }
  | { readonly kind: 'end'; readonly outcome: RunOutcome };

export type Next = readonly [RunState, readonly RunAction[]];

/** Steps that are no effects. */
export const RECORD = 'record';
export const INTERRUPTION = 'interruption';

export const initialRun: RunState = {
  ...{ underWay: new Set(), notes: new Map(), nudged: false, mustLook: true, lookInStore: true },
};

/** The next state of a run, and what is to be done. Pure: `task` is what the record says, `now` is in milliseconds. */
export function next(run: RunState, input: RunInput, task: TaskState, now: number): Next {
  const fed = feed(run, input, task);
  // A plan that cannot be made ends what was begun beside it, such as a build.
  const after = task.failure === undefined ? fed : interruptedBy(fed, task.failure);
  const [settled, actions] = isLetGo(input)
    ? ([after, [{ kind: 'end', outcome: 'parked' }]] as const)
    : settle(after, task, now);
  const isNew = run.interrupted === undefined && after.interrupted !== undefined;
  return [settled, isNew ? [{ kind: 'interrupt' }, ...actions] : actions];
}

const isLetGo = (input: RunInput): boolean =>
  (input.kind === 'parked' && input.parked) || (input.kind === 'turn' && !input.taken);

const interruptedBy = (run: RunState, reason: TaskError, cancelledBy?: Asker): RunState =>
  run.interrupted === undefined ? { ...run, interrupted: reason, cancelledBy } : run;

function feed(run: RunState, input: RunInput, task: TaskState): RunState {
  switch (input.kind) {
    case 'begin':
    case 'rested':
      return run;
    case 'done':
      return stored({ ...run, ...without(run, input.key) });
    case 'note':
      return { ...run, notes: new Map([...run.notes, [input.key, input.note]]) };
    case 'failed':
      return interruptedBy(run, input.error);
    case 'answer':
      return { ...run, mustLook: true };
    case 'nudge':
      return { ...run, nudged: true };
    case 'deadline':
      return interruptedBy(run, deadlinePassed(task, run));
    case 'cancel':
      return interruptedBy(answered(run), cancelled(task), input.by);
    case 'not-cancelled':
      return answered(run);
    case 'looked':
      return input.found ? stored(answered(run)) : answered(run);
    case 'turn':
      return stored(answered(run));
    case 'parked':
      // Something is there: an answer, or a cancel whose nudge is late.
      return { ...answered(run), nudged: !input.parked };
    default:
      return never(input);
  }
}

const answered = (run: RunState): RunState => ({ ...run, asking: undefined });

const stored = (run: RunState): RunState => ({ ...run, patientUntil: undefined, mustLook: true });

const without = ({ underWay, notes }: RunState, key: string): Pick<RunState, 'underWay' | 'notes'> => ({
  underWay: new Set([...underWay].filter((one) => one !== key)),
  notes: new Map([...notes].filter(([one]) => one !== key)),
});

const starting = (run: RunState, ...keys: readonly string[]): RunState => ({
  ...run,
  underWay: new Set([...run.underWay, ...keys]),
});

/** What is being ended, or has, is neither cancelled nor late any more. */
const isOver = ({ failure, outcome }: TaskState): boolean => failure !== undefined || outcome !== undefined;

function settle(run: RunState, task: TaskState, now: number): Next {
  const { underWay, interrupted, cancelledBy, asking } = run;
  if (asking === 'park' || asking === 'turn') return [run, []];
  // Why it is interrupted is stored once, as soon as all that was under way has ended.
  if (interrupted !== undefined && !isOver(task))
    return underWay.size > 0
      ? [run, []]
      : [starting(run, INTERRUPTION), [{ kind: 'record-failure', error: interrupted, cancelledBy }]];
  const effects = nextEffects(task);
  if (effects.length === 0)
    return underWay.size > 0 || asking !== undefined
      ? [run, []]
      : [run, [{ kind: 'end', outcome: 'finished' }]];
  const recorded = effects.find(isRecorded);
  if (recorded !== undefined)
    return underWay.has(RECORD) ? [run, []] : [starting(run, RECORD), [{ kind: 'record', effect: recorded }]];
  if (effects.some(isTurn))
    return asking === undefined ? [{ ...run, asking: 'turn' }, [{ kind: 'take-turn' }]] : [run, []];
  const [begun, starts] = start(run, task, effects.filter(isRunnable));
  const [left, question] = ask(begun, task, effects.filter(isWait), now);
  return [left, [...starts, ...question]];
}

function start(run: RunState, task: TaskState, effects: readonly Runnable[]): Next {
  // After a failure nothing is cleaned up, and nothing begun, before what was under way has ended.
  if (isOver(task) && run.underWay.size > 0) return [run, []];
  const due = effects.filter((effect) => !run.underWay.has(keyOf(effect)));
  return [starting(run, ...due.map(keyOf)), due.map((effect) => ({ kind: 'start', effect }))];
}

/** One question at a time. Where there is none, the run rests, or lets the task go. */
function ask(run: RunState, task: TaskState, waits: readonly Wait[], now: number): Next {
  if (run.asking !== undefined) return [run, []];
  if (run.nudged) {
    const asking: RunState = {
      ...run,
      asking: 'cancelled',
      nudged: false,
      mustLook: true,
      lookInStore: true,
    };
    return [asking, [{ kind: 'ask-cancelled' }]];
  }
  if (waits.length > 0 && run.mustLook)
    return [
      { ...run, asking: 'waits', mustLook: false, lookInStore: false },
      [{ kind: 'look', waits, inStore: run.lookInStore }],
    ];
  return rest(run, task, waits, now);
}

/**
 * What a revert waits for is waited for here: the request is over, so nothing else would end the wait. So is, for a
 * moment, an answer that is about to come.
 */
function rest(run: RunState, task: TaskState, waits: readonly Wait[], now: number): Next {
  if (run.underWay.size > 0 || isOver(task) || waits.length === 0)
    return [run, [{ kind: 'rest', waits, ms: PARK_MS, then: { kind: 'nudge' } }]];
  const patientUntil = run.patientUntil ?? now + PATIENCE_MS;
  if (waits.some(({ kind }) => kind !== 'await-node') || now >= patientUntil)
    return [{ ...run, asking: 'park' }, [{ kind: 'park', waits }]];
  return [
    { ...run, patientUntil },
    [{ kind: 'rest', waits, ms: patientUntil - now, then: { kind: 'rested' } }],
  ];
}

/** With what kept it from its end until then: whoever gave it little time learns no more of it otherwise. */
function deadlinePassed({ deadlineAt }: TaskState, { notes }: RunState): TaskError {
  const causes = [...new Set(notes.values())].join(' ');
  return {
    code: 'DEADLINE_EXCEEDED',
    message: `The deadline of the request passed (${deadlineAt}).${causes === '' ? '' : ` Seen last: ${causes}`}`,
    hint: 'Send the request again with a new token and more time: --timeout of the command, deadlineMs of the message.',
  };
}

const cancelled = ({ token }: TaskState): TaskError => ({
  code: 'CANCELLED',
  message: `The request ${token} was cancelled.`,
  hint: 'To run it after all, send it again with a new token.',
});
