import { setTimeout as delay } from 'node:timers/promises';
import { keyOf, type EffectKind } from '../domain/task.effects.js';
import type { TaskEvent } from '../domain/task.events.js';
import type { TaskStore } from '../ports.js';
import type { EffectRunner } from '../effect-runner.js';

/**
 * `before` an effect begins; `after` it is done in the world and before that is stored; right after it is `stored`.
 * Effects that are done by their record, and waits, have no `after`.
 */
export const crashMoments = ['before', 'after', 'stored'] as const;
export type CrashMoment = (typeof crashMoments)[number];

/** Where a replica is to die, or to stand still: `start-instance 0:after`, `stop-instance:before:SIGSTOP`. */
export interface CrashPoint {
  /** The key of an effect, or the kind of any. */
  readonly effect: string;
  readonly moment: CrashMoment;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

/** Throws what is expected instead. */
export function parseCrashPoint(text: string): CrashPoint {
  const [effect = '', moment = '', signal = 'SIGKILL', more] = text.split(':');
  if (effect === '' || !(crashMoments as readonly string[]).includes(moment) || more !== undefined)
    throw new Error('an effect and a moment, such as start-instance 0:after');
  if (signal !== 'SIGKILL' && signal !== 'SIGSTOP') throw new Error('SIGKILL or SIGSTOP at its end');
  return { effect, moment: moment as CrashMoment, signal };
}

/** The kind of effect that an event is the end of; undefined where there is none, or the event says it itself. */
export const effectOfEvent: Readonly<Record<TaskEvent['type'], EffectKind | undefined>> = {
  TaskAccepted: undefined,
  StepFailed: undefined,
  ReleaseReused: undefined,
  DependenciesMet: 'await-dependencies',
  SourceFetched: 'fetch-source',
  ImageBuilt: 'build-image',
  ImageLost: 'push-image',
  ImagePushed: 'push-image',
  ReleaseResolved: 'resolve-release',
  TurnTaken: 'take-turn',
  SecretsChecked: 'check-secrets',
  InstancesSurveyed: 'survey',
  PlanMade: 'make-plan',
  NodeRequested: 'request-node',
  NodeAssigned: 'await-node',
  ImageMissing: 'start-instance',
  ImagePulled: 'pull-image',
  InstanceStarted: 'start-instance',
  InstanceHealthy: 'probe-instance',
  InstanceDraining: 'drain-instance',
  InstanceStopped: 'stop-instance',
  InstanceNotStopped: 'stop-instance',
  LeftoversRemoved: 'remove-leftovers',
  RevertBegun: 'begin-revert',
  TaskSucceeded: 'succeed',
  TaskFailed: 'fail',
};

/** Whether the event is the end of the effect, which is named by its key or its kind. */
export function isEndOf(wanted: string, event: TaskEvent): boolean {
  // A failure names the kind only.
  if (event.type === 'StepFailed') return event.data.step === wanted.split(' ')[0];
  const kind = effectOfEvent[event.type];
  if (kind === undefined) return false;
  return wanted === kind || ('ordinal' in event.data && wanted === `${kind} ${event.data.ordinal}`);
}

interface Crashable {
  readonly effects: EffectRunner;
  readonly store: TaskStore;
}

/** For tests of take-overs only: a replica that dies by itself at one point of its work. */
export function crashingAt({ effect: wanted, moment, signal }: CrashPoint, parts: Crashable): Crashable {
  let reached = false;
  const pass = async (at: CrashMoment, isWanted: boolean): Promise<void> => {
    if (reached || at !== moment || !isWanted) return;
    reached = true;
    process.kill(process.pid, signal);
    // What is under way here goes no further before the signal has come.
    await delay(1);
  };
  const { effects, store } = parts;
  const append: TaskStore['append'] = async (claim, state, version, writes) => {
    const isWanted = writes.events.some((event) => isEndOf(wanted, event));
    await pass('before', isWanted);
    await store.append(claim, state, version, writes);
    await pass('stored', isWanted);
  };
  const run: EffectRunner['run'] = async (scope, state, effect) => {
    const isWanted = wanted === effect.kind || wanted === keyOf(effect);
    await pass('before', isWanted);
    try {
      return await effects.run(scope, state, effect);
    } finally {
      await pass('after', isWanted);
    }
  };
  return {
    effects: Object.assign(Object.create(effects) as EffectRunner, { run }),
    store: Object.assign(Object.create(store) as TaskStore, { append }),
  };
}
