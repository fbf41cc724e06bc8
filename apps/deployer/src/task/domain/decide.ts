import type { ImageLayers, TaskError } from '#libs/contracts';
import { askedRelease } from '../../releases/domain/asked-release.js';
import { drainOf } from '../../rollout/domain/drain.js';
import { makePlan, planProblem } from '../../rollout/domain/plan.js';
import { serviceReply } from '../../requests/domain/reply.js';
import { exceptNodes, failedNodes, nodeFor } from '../../rollout/domain/failed-places.js';
import { rulesOf, waitUntil } from '../../rollout/domain/wait-for-room.js';
import type { GatewayAddress } from '../../routes/domain/gateway-address.js';
import { servingOf } from '../../rollout/domain/serving.js';
import { whyStopped } from '../../rollout/domain/why-stopped.js';
import { authorAfterFailure, authorOfTask, type SpecAuthor } from '../../services/domain/spec-author.js';
import { specAfterFailure, stillWanted } from '../../services/domain/task-spec.js';
import type { ServiceSpec } from '../../services/domain/spec.js';
import { ownRoom } from './decide-waits.js';
import { asSentence, LONGEST_MESSAGE_BYTES, messageWith, shortMessage } from './clean-text.js';
import { isRecorded, type Recorded } from './effect-table.js';
import { never } from './never.js';
import { joined, type SideWrite, type StepWrites } from './step-writes.js';
import { claimsRoutes, nextEffects, type EffectOf } from './task.effects.js';
import type { TaskEvent } from './task.events.js';
import {
  evolve,
  isStopped,
  limitsOf,
  releaseConfig,
  releaseOf,
  type SlotProgress,
  type TaskState,
} from './task.state.js';

/** What a decision needs besides the state. */
export interface Given {
  readonly now: Date;
  /** How long an instance that gets no more traffic runs on where its config.json does not say; undefined: as `drainOf`. */
  readonly drainMs?: number;
  /** How long a node request may wait for room where config.json does not say; undefined: not at all. */
  readonly placeWaitMs?: number;
  /** Where the gateway takes requests; undefined: replies give no address there. */
  readonly gateway?: GatewayAddress;
}

/** What an effect that is done by its record comes to. Pure, as `evolve` is, which applies what it decides. */
export function decide(effect: Recorded, state: TaskState, given: Given): StepWrites {
  switch (effect.kind) {
    case 'make-plan':
      return planned(state, given);
    case 'request-node':
      return requestNode(effect, state, given);
    case 'drain-instance':
      return drain(effect, state, given);
    case 'begin-revert':
      return { events: [{ type: 'RevertBegun', data: { slots: effect.slots } }] };
    case 'succeed':
      return succeeded(effect, state, given);
    case 'fail':
      return failed(effect, state, given);
    default:
      return never(effect);
  }
}

/** What a step comes to, with all that is decided from there: for one transaction. Pure. */
export function decideFrom(before: TaskState, step: StepWrites, given: Given): StepWrites {
  const state = step.events.reduce<TaskState>(evolve, before);
  const next = nextEffects(state).find(isRecorded);
  return next === undefined ? step : joined([step, decideFrom(state, decide(next, state, given), given)]);
}

function planned(state: TaskState, { now }: Given): StepWrites {
  const at = now.toISOString();
  const error = planProblem(state, at);
  if (error !== undefined) return { events: [{ type: 'StepFailed', data: { step: 'make-plan', error } }] };
  const data = makePlan(state, at);
  return { events: [{ type: 'PlanMade', data }], sides: changed(state.spec, data.spec, authorOfTask(state)) };
}

function changed(
  before: ServiceSpec | undefined,
  spec: ServiceSpec | undefined,
  author: SpecAuthor,
): readonly SideWrite[] {
  if (spec === undefined) return [];
  return spec.revision === before?.revision
    ? [{ kind: 'repeat-spec', changes: spec.changes }]
    : [{ kind: 'change-spec', spec, author }];
}

function failed({ error }: EffectOf<'fail'>, state: TaskState, given: Given): StepWrites {
  const { now } = given;
  const told = ended(state, { type: 'TaskFailed', data: { error: whole(state, error) } }, given);
  const after = specAfterFailure(state, now.toISOString());
  return joined([
    told,
    { events: [], sides: changed(state.plan?.spec, after, authorAfterFailure(state, error)) },
    endOfRoutes(state, 'before'),
  ]);
}

function succeeded({ outcome }: EffectOf<'succeed'>, state: TaskState, given: Given): StepWrites {
  const asked = askedRelease(state);
  return joined([
    { events: [], sides: asked === undefined ? [] : [{ kind: 'set-current-release', release: asked }] },
    ended(state, { type: 'TaskSucceeded', data: { outcome } }, given),
    endOfRoutes(state, 'after'),
  ]);
}

/** Also where the claim was not stored: who made it may have died before that. */
const endOfRoutes = (state: TaskState, outcome: 'after' | 'before'): StepWrites => ({
  events: [],
  sides: state.dryRun !== true && claimsRoutes(state) ? [{ kind: 'end-routes', outcome }] : [],
});

function ended(state: TaskState, event: TaskEvent, { gateway }: Given): StepWrites {
  return { events: [event], sides: [{ kind: 'end', result: serviceReply(evolve(state, event), gateway) }] };
}

function drain(
  { instance: { name } }: EffectOf<'drain-instance'>,
  state: TaskState,
  { now, drainMs }: Given,
): StepWrites {
  const until = new Date(now.getTime() + drainOf(state, name, drainMs).ms).toISOString();
  return {
    events: [{ type: 'InstanceDraining', data: { instance: name, until } }],
    sides: [{ kind: 'set-instance-state', name, state: 'draining', reason: whyStopped(state, name) }],
  };
}

/** A revert may begin when the deadline has passed already. */
const REVERT_MS = 600_000;

function requestNode(
  { ordinal, accessToken }: EffectOf<'request-node'>,
  state: TaskState,
  { now, placeWaitMs }: Given,
): StepWrites {
  const slot = state.slots.find((candidate) => candidate.ordinal === ordinal);
  const release = (slot && releaseOf(state, slot)) ?? state.release;
  const config = release?.config ?? releaseConfig(state);
  if (config === undefined) throw new Error('a node is asked for once the config is known');
  const { appId, service, deadlineAt, survey = [], scale } = state;
  const cutOff = survey.filter(({ unreachable }) => unreachable === true).map(({ node }) => node);
  const except = exceptNodes(slot);
  const placement = rulesOf(config);
  const expiresAt = state.reverting ? new Date(now.getTime() + REVERT_MS).toISOString() : deadlineAt;
  const until = waitUntil(state, slot, config, { now, placeWaitMs, deadlineAt: expiresAt });
  const request = {
    accessToken,
    appId,
    service,
    resources: limitsOf(state, slot) ?? config.resources,
    ...(config.port === undefined && { needsPort: false }),
    onNode: nodeFor(state, slot),
    ...(config.volumes !== undefined && { hasVolumes: true }),
    avoidNodes: [...new Set([...cutOff, ...failedNodes(state)])],
    ...(except.length > 0 && { exceptNodes: [...except] }),
    ...(scale?.toNode !== undefined && !state.reverting && { toNode: scale.toNode }),
    ...(config.placement?.rebalance === false && { rebalance: false }),
    ...(placement !== undefined && { placement }),
    ...(release !== undefined && { image: release.image }),
    ...(release?.architecture !== undefined && { architecture: release.architecture }),
    ...imageLayersOf(state, slot),
    ...(config.priority !== undefined && { priority: config.priority }),
    ...(until !== undefined && { waitUntil: until }),
    ...(until !== undefined && config.placement?.preempt === true && { preempt: true }),
    expiresAt,
  };
  return {
    events: [{ type: 'NodeRequested', data: { ordinal, accessToken, at: now.toISOString() } }],
    sides: [{ kind: 'request-node', request }],
  };
}

/** A revert brings back what ran before: its layers are not asked for, for it must not wait for a registry. */
function imageLayersOf(
  { layers }: TaskState,
  slot: SlotProgress | undefined,
): { readonly imageLayers?: ImageLayers } {
  const isKnown =
    layers !== undefined && layers.layers.length > 0 && slot?.release === undefined && slot?.canary !== true;
  return isKnown ? { imageLayers: layers } : {};
}

/** Of two messages that are both long, each is heard. */
const LONGEST_REVERT_BYTES = LONGEST_MESSAGE_BYTES / 2;

/** The failure, with what it leaves: whoever reads it wants to know what users see now. */
function whole(state: TaskState, error: TaskError): TaskError {
  const { revertFailure, reverting } = state;
  const { release, instances } = servingOf(state);
  const served = (state.survey ?? []).some(({ alive }) => alive);
  const said: string[] = error.code === 'NO_NODE' ? [...ownRoom(state)] : [];
  if (revertFailure !== undefined) {
    const why = shortMessage(revertFailure.message, LONGEST_REVERT_BYTES);
    said.push(asSentence(`The release before could not be started again: ${why}`));
  } else if (reverting) said.push('The instances that were replaced run the release before again.');
  if (instances.length > 0) said.push(`Still serving: ${instances.length} of release ${release}.`);
  else if (served && (state.survey ?? []).every((instance) => isStopped(state, instance)))
    said.push('Nothing of the service runs.');
  said.push(...stillWanted(state, error, instances.length));
  return { ...error, message: messageWith(error.message, said) };
}
