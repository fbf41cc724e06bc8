import type { Effect, EffectOf } from './domain/task.effects.js';
import type { TaskState } from './domain/task.state.js';
import type { ClaimedTask, StepWrites } from './ports.js';
import type { EffectScope } from './effect-scope.js';
import { checkSecrets } from '../secrets/check-secrets.js';
import { InstanceEffects, type InstanceEffectPorts } from '../rollout/instance-effects.js';
import type { PullAhead } from '../rollout/pull-ahead.js';
import type { Recorded } from './recorded-effects.js';
import { SourceEffects, type SourceEffectPorts } from '../build/source-effects.js';
import type { Wait } from './waits.js';
import { withdraw, type WithdrawPorts } from './withdraw.js';

export type EffectPorts = SourceEffectPorts &
  InstanceEffectPorts &
  WithdrawPorts & {
    /** None where nodes are not to pull ahead. */
    readonly pullAhead?: PullAhead;
  };

/** Effects on the world. */
export type Runnable = Exclude<Effect, Recorded | Wait | EffectOf<'take-turn'>>;

/** Runs one effect in the world and tells which events (and rows beside them) it amounts to. */
export interface EffectRunner {
  run(scope: EffectScope, state: TaskState, effect: Runnable): Promise<StepWrites>;
  /** Told of each state: begins what may be of use later. Nothing waits for it, and it never throws. */
  prepare?(scope: EffectScope, state: TaskState): void;
  /** After the lease was lost while the effect was done: takes back what nobody would find again. */
  withdraw(claim: ClaimedTask, effect: Runnable): Promise<void>;
}

export function createEffectRunner(ports: EffectPorts): EffectRunner {
  const { pullAhead } = ports;
  const sources = new SourceEffects(ports);
  const instances = new InstanceEffects(ports);
  return {
    prepare: pullAhead && ((scope, state) => pullAhead.begin(scope, state)),
    withdraw: (claim, effect) => withdraw(ports, claim, effect),
    run(scope, state, effect) {
      switch (effect.kind) {
        case 'fetch-source':
          return sources.fetch(scope, state);
        case 'build-image':
          return sources.build(scope, state, effect);
        case 'push-image':
          return sources.push(scope, state, effect);
        case 'resolve-release':
          return sources.resolve(state);
        case 'check-secrets':
          return checkSecrets(ports.secrets, state);
        case 'survey':
          return instances.survey(scope, state);
        case 'pull-image':
          return instances.pull(scope, effect);
        case 'start-instance':
          return instances.start(scope, state, effect);
        case 'probe-instance':
          return instances.probe(scope, state, effect);
        case 'stop-instance':
          return instances.stop(scope, state, effect);
        case 'remove-leftovers':
          return instances.removeLeftovers(scope, state, effect);
      }
    },
  };
}
