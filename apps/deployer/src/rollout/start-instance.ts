import type { InstanceAddress, InstanceReport } from '#libs/contracts';
import type { EffectOf } from '../task/domain/task.effects.js';
import type { PlacedNode, Release } from '../task/domain/task.events.js';
import type { SlotProgress, TaskState } from '../task/domain/task.state.js';
import type { NodeEngines } from './ports.js';
import type { Secrets } from '../secrets/ports.js';
import type { ClaimedTask } from '../task/ports.js';
import { resolveSecrets } from '../secrets/resolve-secrets.js';

/** The container's name: by task and ordinal, so that a take-over finds and adopts it. */
export function instanceName(state: TaskState, { ordinal }: { readonly ordinal: number }): string {
  return `${state.appId}-${state.service}-${state.token.replaceAll(/[^A-Za-z0-9_.-]/g, '_')}-${ordinal}`;
}

export interface StartPorts {
  readonly engines: NodeEngines;
  readonly secrets: Secrets;
}

/** Creates and starts (or adopts) the instance's container, with its secrets as they are at this moment. */
export async function startInstance(
  { engines, secrets }: StartPorts,
  claim: ClaimedTask,
  state: TaskState,
  effect: EffectOf<'start-instance'>,
): Promise<{ readonly name: string; readonly address: InstanceAddress }> {
  const { node, release } = effect;
  const name = instanceName(state, effect);
  const { container, startedAt } = await engines.launch(node.name, {
    name,
    image: release.image,
    config: release.config,
    secrets: await resolveSecrets(secrets, state, release),
    hostPort: node.port,
    labels: {
      'slipway.app': state.appId,
      'slipway.service': state.service,
      'slipway.release': release.id,
      'slipway.task': claim.taskId,
      'slipway.fence': String(claim.fence),
    },
  });
  const url = `http://${node.address}:${node.port}`;
  return { name, address: { node: node.name, ip: node.address, port: node.port, url, container, startedAt } };
}

/** What the registry is told of an instance. */
export function reportOf(
  state: TaskState,
  release: Release,
  slot: SlotProgress & { readonly node: PlacedNode },
  reported: InstanceReport['state'],
  now: string,
): InstanceReport {
  const { node, address } = slot;
  return {
    instance: instanceName(state, slot),
    state: reported,
    appId: state.appId,
    appName: state.appName,
    service: state.service,
    release: release.id,
    image: release.image,
    node: node.name,
    ip: node.address,
    port: node.port,
    url: `http://${node.address}:${node.port}`,
    container: address?.container ?? '',
    accessToken: slot.accessToken ?? '',
    resources: release.config.resources,
    startedAt: address?.startedAt ?? now,
    reportedAt: now,
  };
}
