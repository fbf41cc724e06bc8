import type { InstanceAddress, InstanceReport, ServiceConfig } from '#libs/contracts';
import type { ImageBuilder } from '../build/ports.js';
import type { BuildOutput } from '../logs/ports.js';
import type { Releases } from '../releases/ports.js';
import type { Specs } from '../services/ports.js';
import type { Secrets } from '../secrets/ports.js';
import type { SideWrite } from '../task/domain/step-writes.js';
import { shortMessage } from '../task/domain/clean-text.js';
import type { PlacedNode, Release } from '../task/domain/task.events.js';
import { codeOf } from '../task/domain/task-error.js';
import { pullsOf, type SlotProgress, type TaskState } from '../task/domain/task.state.js';
import type { PhaseLimits } from '../task/phase.js';
import type { ClaimedTask, Clock, NodeRequests, Wait } from '../task/ports.js';
import type { Turns } from '../task/turns.js';
import { CPU_PEAKS_LABEL, TASK_LABEL } from './domain/labels.js';
import type { Instances, KnownInstance, NodeEngines, Prober, Traffic } from './ports.js';

/** What the effects of this feature need. */
export interface InstanceEffectPorts {
  readonly releases: Pick<Releases, 'commandDone'>;
  readonly instances: Instances;
  readonly nodeRequests: Pick<NodeRequests, 'isAwaited'>;
  readonly engines: NodeEngines;
  readonly secrets: Secrets;
  readonly specs: Specs;
  readonly builder: ImageBuilder;
  readonly prober: Prober;
  readonly output: Pick<BuildOutput, 'healthAwaited'>;
  readonly traffic: Traffic;
  readonly clock: Clock;
  readonly wait: Wait;
  readonly limits: PhaseLimits;
  readonly healthTimeoutMs: number;
  /** How long an instance must stay well before it counts as healthy. */
  readonly stableMs: number;
  /** As in `Given`. */
  readonly drainMs?: number;
  /** Pulls and starts on one node at once. */
  readonly nodeTurns: Turns;
}

export const NO_GRACE = { signal: 'SIGKILL', graceMs: 0 };

/**
 * The container's name: by task and by what its access token has behind the service, so that a take-over finds and
 * adopts it, and another place has another container.
 */
export function instanceName(state: TaskState, { accessToken }: { readonly accessToken: string }): string {
  const ordinal = accessToken.slice(accessToken.lastIndexOf(':') + 1);
  return `${state.appId}-${state.service}-${state.token.replaceAll(/[^A-Za-z0-9_.-]/g, '_')}-${ordinal}`;
}

/** A slot that has its place. */
export type PlacedSlot = SlotProgress & Required<Pick<SlotProgress, 'accessToken' | 'node'>>;

export const isPlaced = (slot: SlotProgress): slot is PlacedSlot =>
  slot.node !== undefined && slot.accessToken !== undefined;

/** Where an instance is reached; a worker, which has no port, nowhere. */
export function reachedAt(
  node: PlacedNode,
  { port, health }: ServiceConfig,
): Pick<InstanceAddress, 'port' | 'url'> {
  // A load balancer of before there were workers reserves one all the same.
  if (port === undefined || node.port === undefined) return {};
  return { port: node.port, url: `${health?.scheme ?? 'http'}://${node.address}:${node.port}` };
}

/** Of a container: whose it is. */
export const instanceLabels = (
  { appId, service }: TaskState,
  release: Release,
  { taskId, fence }: ClaimedTask,
): Readonly<Record<string, string>> => ({
  'slipway.app': appId,
  'slipway.service': service,
  'slipway.release': release.id,
  [TASK_LABEL]: taskId,
  'slipway.fence': String(fence),
  ...(release.config.observe?.cpuPeaks === true && { [CPU_PEAKS_LABEL]: 'true' }),
});

/** What its engine calls the volumes of a service, in their order. Names hold no dot, so no two are the same. */
export const volumeNames = ({ appId, service }: TaskState, { config }: Release): readonly string[] =>
  (config.volumes ?? []).map(({ name }) => `slipway.${appId}.${service}.${name}`);

/** Where the volumes are from now on: on the node of the container that has just used them. */
export function placedVolumes(
  { appId, service }: TaskState,
  { node, release }: { readonly node: PlacedNode; readonly release: Release },
): readonly SideWrite[] {
  const names = (release.config.volumes ?? []).map(({ name }) => name);
  return names.length === 0 ? [] : [{ kind: 'place-volumes', appId, service, node: node.name, names }];
}

/** The container of a release's command: by the release, so that a take-over finds and adopts it. */
export const releaseCommandName = ({ appId, service }: TaskState, { sourceDigest }: Release): string =>
  `${appId}-${service}-release-${sourceDigest.slice(0, 12)}`;

const MOST_PULLS = 2;

/** Whoever makes room on the node may remove an image between its pull and the start: it is pulled again, once. */
export const isPulledNext = (state: TaskState, ordinal: number, error: unknown): boolean =>
  codeOf(error) === 'IMAGE_NOT_FOUND' && pullsOf(state, ordinal) < MOST_PULLS;

/** What became of an instance, and why where there is something to say. */
export type ReportedState = Pick<InstanceReport, 'state' | 'reason'>;

/** What the registry is told of an instance. */
export function reportOf(
  state: TaskState,
  release: Release,
  slot: PlacedSlot,
  { state: reported, reason }: ReportedState,
  now: Date,
): InstanceReport {
  const { node, address } = slot;
  const reportedAt = now.toISOString();
  return {
    instance: instanceName(state, slot),
    state: reported,
    ...(reason !== undefined && { reason: shortMessage(reason) }),
    appId: state.appId,
    appName: state.appName,
    service: state.service,
    release: release.id,
    image: release.image,
    node: node.name,
    ip: node.address,
    ...reachedAt(node, release.config),
    container: address?.container ?? '',
    accessToken: slot.accessToken,
    resources: release.config.resources,
    startedAt: address?.startedAt ?? reportedAt,
    reportedAt,
  };
}

/** The same of one that is known, in another state. */
export const reportAgain = (
  { report }: Pick<KnownInstance, 'report'>,
  { state, reason }: ReportedState,
  now: Date,
): InstanceReport => ({
  ...report,
  crashing: undefined,
  state,
  reason: reason && shortMessage(reason),
  reportedAt: now.toISOString(),
});
