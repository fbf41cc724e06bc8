import { setTimeout as delay } from 'node:timers/promises';
import { type CrashMoment, effectKinds, entryOf } from '../../apps/deployer/src/task/domain/effect-table.js';
import { keyOf, type EffectKind } from '../../apps/deployer/src/task/domain/task.effects.js';
import type { TaskEvent } from '../../apps/deployer/src/task/domain/task.events.js';
import type { EffectRunner } from '../../apps/deployer/src/task/effect-runner.js';
import type { TaskStore } from '../../apps/deployer/src/task/ports.js';
import type { Decorate } from '../../apps/deployer/src/task/wire.js';

const moments: readonly string[] = ['before', 'after', 'stored'] satisfies readonly CrashMoment[];

/** Where a replica is to die, or to stand still: `start-instance 0:after`, `stop-instance:before:SIGSTOP`. */
interface CrashPoint {
  /** The key of an effect, or the kind of any. */
  readonly effect: string;
  readonly moment: CrashMoment;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

/** Throws what is expected instead. */
export function parseCrashPoint(text: string): CrashPoint {
  const [effect = '', moment = '', signal = 'SIGKILL', more] = text.split(':');
  if (effect === '' || !moments.includes(moment) || more !== undefined)
    throw new Error('an effect and a moment, such as start-instance 0:after');
  if (signal !== 'SIGKILL' && signal !== 'SIGSTOP') throw new Error('SIGKILL or SIGSTOP at its end');
  return { effect, moment: moment as CrashMoment, signal };
}

/** The kind of effect that an event is the end of; undefined where there is none, or the event says it itself. */
const endedBy = (event: TaskEvent): EffectKind | undefined =>
  effectKinds.find((kind) => entryOf(kind).endedBy.includes(event.type));

/** Whether the event is the end of the effect, which is named by its key or its kind. */
export function isEndOf(wanted: string, event: TaskEvent): boolean {
  // A failure names the kind only.
  if (event.type === 'StepFailed') return event.data.step === wanted.split(' ')[0];
  if (event.type === 'PlaceFailed') {
    const { step, ordinal } = event.data;
    return wanted === step || wanted === `${step} ${ordinal}`;
  }
  const kind = endedBy(event);
  if (kind === undefined) return false;
  return wanted === kind || ('ordinal' in event.data && wanted === `${kind} ${event.data.ordinal}`);
}

/** A decorator of the workers: their replica dies by itself at one point of its work. */
export const crashingAt = ({ effect: wanted, moment, signal }: CrashPoint): Decorate => {
  let reached = false;
  const pass = async (at: CrashMoment, isWanted: boolean): Promise<void> => {
    if (reached || at !== moment || !isWanted) return;
    reached = true;
    process.kill(process.pid, signal);
    // What is under way here goes no further before the signal has come.
    await delay(1);
  };
  return ({ effects, store }) => {
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
  };
};
