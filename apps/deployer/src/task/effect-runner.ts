import { buildImage } from '../build/effects/build-image.js';
import { fetchSource } from '../build/effects/fetch-source.js';
import { pushImage } from '../build/effects/push-image.js';
import type { BuildEffectPorts } from '../build/source.js';
import { type ResolvePorts, resolveRelease } from '../releases/effects/resolve-release.js';
import { type ClaimPorts, claimRoutes } from '../routes/effects/claim-routes.js';
import { probeInstance } from '../rollout/effects/probe-instance.js';
import { leavePlace } from '../rollout/effects/leave-place.js';
import { pullImage } from '../rollout/effects/pull-image.js';
import { removeLeftovers } from '../rollout/effects/remove-leftovers.js';
import { runReleaseCommand } from '../rollout/effects/run-release-command.js';
import { startInstance } from '../rollout/effects/start-instance.js';
import { stopInstance } from '../rollout/effects/stop-instance.js';
import { survey } from '../rollout/effects/survey.js';
import type { InstanceEffectPorts } from '../rollout/instance.js';
import { type CheckPorts, checkSecrets } from '../secrets/effects/check-secrets.js';
import type { Runnable } from './domain/effect-table.js';
import type { StepWrites } from './domain/step-writes.js';
import { foldTask, type TaskState } from './domain/task.state.js';
import type { EffectFile, EffectScope } from './effect-scope.js';
import type { ClaimedTask, TaskStore } from './ports.js';

export type EffectPorts = BuildEffectPorts &
  ResolvePorts &
  CheckPorts &
  ClaimPorts &
  InstanceEffectPorts & { readonly store: Pick<TaskStore, 'history'> };

/** Runs one effect in the world and tells which events (and rows beside them) it amounts to. */
export interface EffectRunner {
  run(scope: EffectScope, state: TaskState, effect: Runnable): Promise<StepWrites>;
  /** After the lease was lost while the effect was done: takes back what nobody would find again. */
  withdraw(claim: ClaimedTask, effect: Runnable): Promise<void>;
}

const files: { readonly [K in Runnable['kind']]: EffectFile<K, EffectPorts> } = {
  'fetch-source': fetchSource,
  'build-image': buildImage,
  'push-image': pushImage,
  'resolve-release': resolveRelease,
  'check-secrets': checkSecrets,
  'claim-routes': claimRoutes,
  survey,
  'pull-image': pullImage,
  'run-release-command': runReleaseCommand,
  'start-instance': startInstance,
  'leave-place': leavePlace,
  'probe-instance': probeInstance,
  'stop-instance': stopInstance,
  'remove-leftovers': removeLeftovers,
};

const fileOf = <K extends Runnable['kind']>({ kind }: { readonly kind: K }): EffectFile<K, EffectPorts> =>
  files[kind];

export function createEffectRunner(ports: EffectPorts): EffectRunner {
  const { store } = ports;
  return {
    run: (scope, state, effect) => fileOf(effect).run(ports, scope, state, effect),
    async withdraw({ taskId }, effect) {
      const file = fileOf(effect);
      if (file.withdraw === undefined) return;
      const { events } = await store.history(taskId);
      await file.withdraw(ports, foldTask(events), effect);
    },
  };
}
