import type { SideWrite } from '../../task/domain/step-writes.js';
import { awaitsReleaseCommand, isStopped, releaseOf, type TaskState } from '../../task/domain/task.state.js';
import type { EffectFile } from '../../task/effect-scope.js';
import { inPhase, phaseOf } from '../../task/phase.js';
import {
  type InstanceEffectPorts,
  instanceName,
  isPlaced,
  NO_GRACE,
  type PlacedSlot,
  releaseCommandName,
  reportAgain,
  reportOf,
} from '../instance.js';
import type { KnownInstance } from '../ports.js';

/**
 * Removes what a failure leaves over. Never throws: what cannot be removed now is left to be found by its labels. What
 * was to be stopped and still runs gets its traffic back.
 */
export const removeLeftovers: EffectFile<'remove-leftovers', InstanceEffectPorts> = {
  async run(ports, { signal }, state, { slots }) {
    const { instances, engines, limits, clock } = ports;
    const phase = phaseOf('remove-leftovers', limits, signal);
    const placed = slots.filter(isPlaced);
    const names = placed.map((slot) => instanceName(state, slot));
    await Promise.allSettled([
      ...placed.map(({ node }, n) =>
        inPhase(phase, () => engines.stopAndRemove(node.name, names[n] ?? '', NO_GRACE)),
      ),
      ...releaseCommand(ports, state),
      ...discarded(ports, state),
    ]);
    const known = await instances.of(state.appId, state.service);
    const now = clock.now();
    return {
      events: [{ type: 'LeftoversRemoved', data: { instances: names } }],
      sides: [
        ...names.map((name) => ({ kind: 'remove-instance', name }) as const),
        ...slots.flatMap(({ accessToken }): readonly SideWrite[] =>
          accessToken === undefined ? [] : [{ kind: 'release-node', accessToken }],
        ),
        ...failedOf(state, placed, now),
        ...resumedOf(state, known, now),
      ],
    };
  },
};

/** The command of the release, where it was under way: of one that was cancelled or whose time was over. */
function releaseCommand({ engines }: InstanceEffectPorts, state: TaskState): readonly Promise<void>[] {
  const { scale, canary, slots } = state;
  const release = scale?.canary === undefined ? state.release : canary;
  const node = slots.toSorted((a, b) => a.ordinal - b.ordinal)[0]?.node;
  if (!awaitsReleaseCommand(state) || release === undefined || node === undefined) return [];
  return [engines.stopAndRemove(node.name, releaseCommandName(state, release), NO_GRACE)];
}

const failedOf = (state: TaskState, placed: readonly PlacedSlot[], now: Date): readonly SideWrite[] =>
  placed.flatMap((slot): readonly SideWrite[] => {
    const release = releaseOf(state, slot);
    const reason = state.failure?.message;
    return release === undefined
      ? []
      : [{ kind: 'report', report: reportOf(state, release, slot, { state: 'failed', reason }, now) }];
  });

function resumedOf(state: TaskState, known: readonly KnownInstance[], now: Date): readonly SideWrite[] {
  const reason = `The request ${state.token} failed: it serves again.`;
  return known
    .filter((instance) => state.draining[instance.name] !== undefined && !isStopped(state, instance))
    .flatMap((instance): readonly SideWrite[] => [
      { kind: 'set-instance-state', name: instance.name, state: 'running' },
      { kind: 'report', report: reportAgain(instance, { state: 'running', reason }, now) },
    ]);
}

/** The image that was built and is not pushed. */
function discarded(
  { builder }: InstanceEffectPorts,
  { appId, service, sourceDigest, release, builder: name }: TaskState,
): readonly Promise<void>[] {
  if (sourceDigest === undefined || release !== undefined) return [];
  return [builder.discard({ tag: builder.tagOf(appId, service, sourceDigest), builder: name })];
}
