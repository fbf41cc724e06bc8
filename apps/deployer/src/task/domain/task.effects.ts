import type { ServiceOutcome, TaskError } from '#libs/contracts';
import { declaresAny } from '../../routes/domain/service-routes.js';
import { specOfTask } from '../../services/domain/task-spec.js';
import { followsBuilds } from './task.turns.js';
import type { InstanceRef, PlacedNode, Release, Slot } from './task.events.js';
import {
  awaitsReleaseCommand,
  bringsBack,
  hasReplaced,
  instanceOf,
  isDone,
  isStopped,
  keepsHealthy,
  provenOf,
  releaseConfig,
  releaseOf,
  stopsFirst,
  type SlotProgress,
  type TaskState,
} from './task.state.js';

/** What a slot's effects work on. */
interface OnNode {
  readonly ordinal: number;
  readonly node: PlacedNode;
  readonly release: Release;
}

/** What is to be done, by name. Each is idempotent by name, so that a take-over may do it again. */
interface EffectData {
  'await-dependencies': { readonly services: readonly string[] };
  'fetch-source': object;
  'build-image': { readonly sourceDigest: string };
  'push-image': { readonly sourceDigest: string; readonly tag: string };
  'resolve-release': object;
  'check-secrets': object;
  'take-turn': object;
  survey: object;
  'claim-routes': object;
  'make-plan': object;
  'request-node': { readonly ordinal: number; readonly accessToken: string };
  'await-node': { readonly ordinal: number; readonly accessToken: string };
  'pull-image': OnNode;
  'run-release-command': OnNode;
  'start-instance': OnNode & { readonly accessToken: string };
  'leave-place': OnNode & { readonly accessToken: string };
  'probe-instance': OnNode & { readonly slot: PlacedSlot };
  'drain-instance': { readonly instance: InstanceRef };
  'stop-instance': { readonly instance: InstanceRef; readonly until: string };
  'remove-leftovers': { readonly slots: readonly SlotProgress[] };
  'begin-revert': { readonly slots: readonly Slot[] };
  succeed: { readonly outcome: Exclude<ServiceOutcome, 'failed'> };
  fail: { readonly error: TaskError };
}

export type EffectKind = keyof EffectData;

type PlacedSlot = SlotProgress & Required<Pick<SlotProgress, 'accessToken' | 'node' | 'name' | 'address'>>;

export type EffectOf<K extends EffectKind> = { readonly [N in K]: { readonly kind: N } & EffectData[N] }[K];
export type Effect = EffectOf<EffectKind>;

/** Names one effect among all of its task: what is done once, and by whom. */
export function keyOf(effect: Effect): string {
  if ('ordinal' in effect) return `${effect.kind} ${effect.ordinal}`;
  return 'instance' in effect ? `${effect.kind} ${effect.instance.name}` : effect.kind;
}

/**
 * What may be done now, side by side. Pure. Empty when the task has ended.
 */
export function nextEffects(state: TaskState): readonly Effect[] {
  if (state.outcome !== undefined) return [];
  if (state.failure !== undefined) return effectsAfterFailure(state, state.failure);
  if (waitsForOthers(state)) return [{ kind: 'await-dependencies', services: state.dependsOn ?? [] }];
  // What a run or a rollback takes is asked for once the rollouts before it have ended.
  if (state.mode !== 'build-and-run' && needsTurn(state)) return [{ kind: 'take-turn' }];
  const sources = sourceEffects(state);
  if (state.mode === 'build') return sources.length > 0 ? sources : [endOfBuild(state)];
  if (needsTurn(state)) return sources.length > 0 ? sources : [{ kind: 'take-turn' }];
  return [...sources, ...surveyEffects(state), ...rolloutEffects(state)];
}

const endOfBuild = ({ dryRun }: TaskState): Effect => ({
  kind: 'succeed',
  outcome: dryRun === true ? 'planned' : 'built',
});

const waitsForOthers = ({ dependsOn = [], dependenciesMet }: TaskState): boolean =>
  dependsOn.length > 0 && !dependenciesMet;

/**
 * Fetching, building and pushing hold no turn of the service, so that scaling waits for no build; the rollout does. What
 * is only planned needs none. A task that was surveyed has had its turn from the beginning, as older versions had it.
 */
const needsTurn = (state: TaskState): boolean =>
  state.mode !== 'build' &&
  followsBuilds(state) &&
  state.dryRun !== true &&
  !state.turnTaken &&
  state.survey === undefined;

/** Before anything is built. What is planned and would be run is checked by its plan, with all else that it needs. */
function needsCheck(state: TaskState): boolean {
  const { mode, config, secretsChecked, dryRun, builtTag } = state;
  if (secretsChecked || config === undefined) return false;
  const isForBuild = config.buildSecrets !== undefined && builtTag === undefined;
  if (mode === 'build') return isForBuild;
  const isForRun = config.secrets !== undefined || config.routes !== undefined;
  return dryRun !== true && (isForBuild || (isForRun && needsTurn(state)));
}

/** From a source, or from what was built before, to a release. */
function sourceEffects(state: TaskState): readonly Effect[] {
  const { mode, release, sourceDigest, builtTag } = state;
  if (release !== undefined || mode === 'stop') return [];
  if (mode === 'scale' && state.survey === undefined) return [];
  if (mode !== 'build' && mode !== 'build-and-run') return [{ kind: 'resolve-release' }];
  if (sourceDigest === undefined) return [{ kind: 'fetch-source' }];
  if (needsCheck(state)) return [{ kind: 'check-secrets' }];
  if (state.dryRun === true) return [];
  return builtTag === undefined
    ? [{ kind: 'build-image', sourceDigest }]
    : [{ kind: 'push-image', sourceDigest, tag: builtTag }];
}

function surveyEffects({ survey }: TaskState): readonly Effect[] {
  return survey === undefined ? [{ kind: 'survey' }] : [];
}

/** A source that is fetched and no release yet will be a new one: enough is known. */
const canPlan = ({ mode, survey, release, sourceDigest }: TaskState): boolean =>
  survey !== undefined && (mode === 'stop' || release !== undefined || sourceDigest !== undefined);

/** Whether the deployment says how its service is reached, or somebody said so before. One that is superseded says nothing. */
export function claimsRoutes(state: TaskState): boolean {
  const { mode, survey, routes } = state;
  if ((mode !== 'run' && mode !== 'build-and-run') || survey === undefined) return false;
  const config = releaseConfig(state);
  if (config === undefined || (routes === undefined && !declaresAny(config))) return false;
  return !specOfTask(state, '').superseded;
}

/** What cannot be reached as it declares is not begun. */
const planEffect = (state: TaskState): Effect => ({
  kind: state.routesClaimed || !claimsRoutes(state) ? 'make-plan' : 'claim-routes',
});

function rolloutEffects(state: TaskState): readonly Effect[] {
  if (state.plan === undefined) return canPlan(state) ? [planEffect(state)] : [];
  if (state.dryRun === true) return [{ kind: 'succeed', outcome: 'planned' }];
  const open = state.slots.filter((slot) => !isDone(state, slot) && slot.refused === undefined);
  if (open.length > 0) return rollingEffects(state, open);
  const refusal = refusalOf(state);
  if (refusal !== undefined) return [{ kind: 'fail', error: refusal }];
  const surplus = [...state.plan.surplus, ...provenOf(state)].filter(
    (instance) => !isStopped(state, instance) && state.notStopped[instance.name] === undefined,
  );
  if (surplus.length > 0) return surplus.flatMap((instance) => retireEffects(state, instance));
  const [notStopped, ...more] = Object.values(state.notStopped);
  if (notStopped === undefined) return [{ kind: 'succeed', outcome: outcomeOf(state) }];
  const message = [notStopped, ...more].map((error) => error.message).join(' ');
  return [{ kind: 'fail', error: { ...notStopped, message } }];
}

/** What a scaling or restore tells that found no node for some; what is to go stays then: nothing is in its place. */
function refusalOf(state: TaskState): TaskError | undefined {
  const { slots } = state;
  const refused = slots.flatMap((slot) => slot.refused ?? []);
  const [error] = refused;
  if (error === undefined) return undefined;
  const which = bringsBack(state) ? 'missing' : 'new';
  const missing = `${refused.length} of the ${slots.length} ${which} instances were not started.`;
  return { ...error, message: `${missing} ${error.message}` };
}

function outcomeOf({ mode, survey = [], plan, slots, spec }: TaskState): Exclude<ServiceOutcome, 'failed'> {
  if (mode === 'stop') return survey.length > 0 ? 'stopped' : 'not-running';
  if ((plan?.kept.length ?? 0) + slots.filter(({ proves }) => proves !== true).length > 0) return 'running';
  const { state, count } = plan?.spec ?? spec ?? {};
  return state === 'running' && count === 0 ? 'scaled-to-0' : 'stopped';
}

/** Replacements one at a time, so that the rest goes on serving; what replaces nothing that runs all at once. */
function rollingEffects(state: TaskState, open: readonly SlotProgress[]): readonly Effect[] {
  const replacement = open.find((slot) => replacesRunning(state, slot));
  const active = replacement === undefined ? open : [replacement];
  return active.flatMap((slot) => slotEffects(state, slot));
}

/** A revert replaces what was not there yet when the task began: that runs. */
const replacesRunning = ({ survey = [] }: TaskState, { replaces }: SlotProgress): boolean =>
  replaces !== undefined && survey.find(({ name }) => name === replaces.name)?.alive !== false;

function slotEffects(state: TaskState, slot: SlotProgress): readonly Effect[] {
  const { ordinal, accessToken, node, name, address, replaces } = slot;
  if (accessToken === undefined)
    return [{ kind: 'request-node', ordinal, accessToken: accessTokenOf(state, slot) }];
  if (node === undefined) return [{ kind: 'await-node', ordinal, accessToken }];
  const release = releaseOf(state, slot);
  if (release === undefined) return [];
  const at = { ordinal, node, release };
  if (slot.failing !== undefined) return [{ kind: 'leave-place', ...at, accessToken }];
  // What was built before is often there already: the engine says so when it is not.
  const isNew = slot.release === undefined && state.builtTag !== undefined;
  const isReleasing = slot.release === undefined && awaitsReleaseCommand(state);
  const releasesHere = isReleasing && isFirst(state, slot);
  // What is stopped first is down for no longer than it must be: the image is there before.
  const isMissing = slot.imageMissing === true || isNew || releasesHere || stopsFirst(state, slot);
  if (isMissing && !slot.pulled) return [{ kind: 'pull-image', ...at }];
  if (isReleasing) return releasesHere ? [{ kind: 'run-release-command', ...at }] : [];
  if (replaces !== undefined && stopsFirst(state, slot) && !isStopped(state, replaces))
    return retireEffects(state, replaces);
  if (name === undefined || address === undefined) return [{ kind: 'start-instance', ...at, accessToken }];
  const placed = { ...slot, accessToken, node, name, address };
  if (!slot.healthy) return [{ kind: 'probe-instance', ...at, slot: placed }];
  return replaces === undefined ? [] : retireEffects(state, replaces);
}

/** Its node is where the release command runs: always the same one, so that a take-over finds it there. */
const isFirst = ({ slots }: TaskState, { ordinal }: SlotProgress): boolean =>
  slots.every((slot) => slot.ordinal >= ordinal);

function retireEffects(state: TaskState, instance: InstanceRef): readonly Effect[] {
  const until = state.draining[instance.name];
  return until === undefined
    ? [{ kind: 'drain-instance', instance }]
    : [{ kind: 'stop-instance', instance, until }];
}

/** First nothing is left over, then what was replaced already comes back, once; then the failure is told. */
function effectsAfterFailure(state: TaskState, error: TaskError): readonly Effect[] {
  if (!state.leftoversRemoved) return [{ kind: 'remove-leftovers', slots: leftovers(state) }];
  if (!state.reverting) {
    const slots = slotsOfRevert(state);
    if (slots.length > 0) return [{ kind: 'begin-revert', slots }];
    return tellsWhatServes(state) ? [{ kind: 'survey' }] : [{ kind: 'fail', error }];
  }
  const open = state.slots.filter((slot) => slot.release !== undefined && !isDone(state, slot));
  if (open.length > 0 && state.revertFailure === undefined) return rollingEffects(state, open);
  return [{ kind: 'fail', error }];
}

/** A build that failed has not surveyed yet, and whoever reads its reply wants to know what goes on serving. */
const tellsWhatServes = (state: TaskState): boolean =>
  needsTurn(state) && !waitsForOthers(state) && state.revertFailure === undefined;

/** New instances that serve in nobody's place. What replaced another goes on until that one is back. */
function leftovers(state: TaskState): readonly SlotProgress[] {
  return state.slots.filter((slot) => {
    if (slot.accessToken === undefined || slot.refused !== undefined) return false;
    return !slot.healthy || !(slot.release !== undefined || hasReplaced(state, slot) || keepsHealthy(state));
  });
}

/** A rollback is a revert itself, and is not reverted. What did not run before does not come back. */
function slotsOfRevert(state: TaskState): readonly Slot[] {
  if (state.mode === 'rollback') return [];
  return state.slots
    .filter((slot) => hasReplaced(state, slot))
    .flatMap((slot): readonly Slot[] => {
      const ordinal = FIRST_OF_REVERT + slot.ordinal;
      const before = state.survey?.find(({ name }) => name === slot.replaces?.name);
      if (before?.alive !== true) return [];
      // It was stopped first, and what was to stand in for it is gone with the leftovers.
      if (!slot.healthy) return [{ ordinal, restores: before.name }];
      const instance = instanceOf(slot);
      return instance === undefined ? [] : [{ ordinal, replaces: instance }];
    });
}

/** Above all ordinals of a plan. */
const FIRST_OF_REVERT = 1_000;

/** What it is for is that what ran before comes back. */
export const isOfRevert = ({ ordinal }: Slot): boolean => ordinal >= FIRST_OF_REVERT;

/** Our key of one node request: `<token>:<service>:<ordinal>`, with `.1` behind it for the place after the first. */
function accessTokenOf({ token, service }: TaskState, { ordinal, failedPlaces = [] }: SlotProgress): string {
  const again = failedPlaces.length === 0 ? '' : `.${failedPlaces.length}`;
  return `${token}:${service}:${ordinal}${again}`;
}
