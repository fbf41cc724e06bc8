import { resolveSecrets } from '../../secrets/resolve-secrets.js';
import { causeInLog } from '../../task/domain/log-causes.js';
import { codeOf, StepError, toTaskError } from '../../task/domain/task-error.js';
import type { EffectOf } from '../../task/domain/task.effects.js';
import type { TaskState } from '../../task/domain/task.state.js';
import type { EffectFile } from '../../task/effect-scope.js';
import type { ClaimedTask } from '../../task/ports.js';
import {
  type InstanceEffectPorts,
  instanceLabels,
  isPulledNext,
  NO_GRACE,
  placedVolumes,
  releaseCommandName,
  volumeNames,
} from '../instance.js';

type RunEffect = EffectOf<'run-release-command'>;

/**
 * Runs the command of a release once, before its first instance. Its container stays until its end is stored: whoever
 * takes over before reads its exit code. Then the start of that instance removes it, or the removal of leftovers.
 */
export const runReleaseCommand: EffectFile<'run-release-command', InstanceEffectPorts> = {
  async run(ports, { claim, signal }, state, effect) {
    const { release, ordinal } = effect;
    const started = performance.now();
    const done = (ran: boolean) => {
      const ms = Math.round(performance.now() - started);
      return { type: 'ReleaseCommandDone', data: { ran, phase: 'release', ms } } as const;
    };
    if (await ports.releases.commandDone(release)) return { events: [done(false)] };
    const exitCode = await runToEnd(ports, claim, signal, { state, effect }).catch((error: unknown) => {
      if (!isPulledNext(state, ordinal, error)) throw error;
      return undefined;
    });
    if (exitCode === undefined) return { events: [{ type: 'ImageMissing', data: { ordinal } }] };
    const volumes = placedVolumes(state, effect);
    if (exitCode === 0)
      return { events: [done(true)], sides: [{ kind: 'release-command-done', release }, ...volumes] };
    const why = await failed(ports, state, effect, exitCode);
    const error = toTaskError('run-release-command', why);
    return { events: [{ type: 'StepFailed', data: { step: 'run-release-command', error } }], sides: volumes };
  },

  async withdraw({ engines }, state, { ordinal, node, release }) {
    const slot = state.slots.find((one) => one.ordinal === ordinal);
    const isElsewhere = slot?.failing !== undefined || slot?.node?.name !== node.name;
    const isPast = state.outcome !== undefined || state.leftoversRemoved || isElsewhere;
    if (isPast) await engines.stopAndRemove(node.name, releaseCommandName(state, release), NO_GRACE);
  },
};

async function runToEnd(
  { engines, secrets }: InstanceEffectPorts,
  claim: ClaimedTask,
  signal: AbortSignal,
  { state, effect }: { readonly state: TaskState; readonly effect: RunEffect },
): Promise<number> {
  const { node, release } = effect;
  const spec = {
    name: releaseCommandName(state, release),
    ...{ image: release.image, config: release.config, command: release.config.release ?? [] },
    secrets: await resolveSecrets(secrets, state, release),
    volumes: volumeNames(state, release),
    labels: instanceLabels(state, release, claim),
    task: claim.taskId,
  };
  return engines.runToEnd(node.name, spec, signal).catch((error: unknown) => {
    if (codeOf(error) !== 'ENGINE_UNREACHABLE' || signal.aborted) throw error;
    // A connection that broke is no node that is lost: it is found there, and waited for, rather than run twice.
    return engines.runToEnd(node.name, spec, signal);
  });
}

async function failed(
  { engines }: InstanceEffectPorts,
  state: TaskState,
  { node, release }: RunEffect,
  exitCode: number,
): Promise<StepError> {
  const logTail = await engines.logTail(node.name, releaseCommandName(state, release));
  const why = causeInLog(logTail);
  return new StepError({
    code: 'RELEASE_FAILED',
    message: `${why === undefined ? '' : `${why.cause}. `}The release command of ${state.appId}/${state.service} ended with code ${exitCode}. No instance was started.`,
    hint:
      why?.hint ??
      'Read the end of its log. Correct release in config.json, or what it works on, and deploy again.',
    logTail,
  });
}
