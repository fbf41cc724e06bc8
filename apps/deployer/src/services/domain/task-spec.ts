import {
  canaryCount,
  causeOfChange,
  MOST_INSTANCES,
  scalesToZero,
  sinceChange,
  type TaskError,
} from '#libs/contracts';
import { boundsOf, boundsText, mayAsk } from './scaling-bounds.js';
import { scalingNotes } from './scaling-notes.js';
import { isStopped, releaseConfig, type TaskState } from '../../task/domain/task.state.js';
import { servingOf } from '../../rollout/domain/serving.js';
import type { Canary } from './canary.js';
import { canaryChange, canaryNotes, isNewCanary } from './canary-task.js';
import {
  changeSpec,
  differs,
  firstSpec,
  following,
  wantedCount,
  type Declared,
  type FieldChange,
  type ServiceSpec,
  type SpecChange,
} from './spec.js';

/** The spec that a task leads to, and whether the task still decides which release runs. */
export interface TaskSpec {
  /** Undefined for a service that nobody asked to run. */
  readonly after: ServiceSpec | undefined;
  readonly changed: boolean;
  /** A task that arrived later has chosen another release already. */
  readonly superseded: boolean;
}

/** What a task makes of the spec that its survey read. Pure. */
export function specOfTask(state: TaskState, at: string): TaskSpec {
  const { spec: before, arrival = 0, token } = state;
  const change = changeOf(state);
  if (change === undefined) return { after: before, changed: false, superseded: false };
  const by: FieldChange = { arrival, at, by: causeOfTask(state), token };
  const after = applied(state, change, by);
  if (after === undefined) return { after: before, changed: false, superseded: false };
  return {
    after,
    // A survey of the version before has no arrival: what such a task leaves is adopted by the database.
    changed: state.arrival !== undefined && differs(before, after),
    superseded: change.release !== undefined && after.release !== change.release,
  };
}

/** An autoscaler names itself by its fence. */
const causeOfTask = ({ mode, scale }: Pick<TaskState, 'mode' | 'scale'>): string => {
  if (scale?.canary !== undefined) return 'canary';
  return scale?.fence === undefined ? mode : 'autoscale';
};

function applied(state: TaskState, change: SpecChange, by: FieldChange): ServiceSpec | undefined {
  if (state.spec !== undefined) return changeSpec(state.spec, change, by);
  const declared = declaredBy(state);
  // Nothing was ever asked to run, and this does not ask for it either.
  if (declared === undefined || change.state === 'stopped') return undefined;
  return firstSpec(change, declared, by);
}

function declaredBy(state: TaskState): Declared | undefined {
  const config = releaseConfig(state);
  return config && { count: config.replicas, limits: config.resources, scaling: config.scaling };
}

function changeOf(state: TaskState): SpecChange | undefined {
  const { mode, release, replicas, wantedRelease } = state;
  switch (mode) {
    case 'build':
      return undefined;
    case 'stop':
      return { state: 'stopped', canary: null };
    case 'scale':
      return scaleChange(state);
    case 'rollback':
      return { state: 'running', release: release?.id, canary: null };
    case 'run':
    case 'build-and-run': {
      const takesCurrent = mode === 'run' && wantedRelease === undefined;
      return {
        state: 'running',
        release: release?.id,
        takesCurrent,
        count: replicas,
        declares: declaredBy(state),
        canary: null,
      };
    }
  }
}

/** Relative to what is wanted at this moment. A repair asks for nothing new. */
function scaleChange({ scale = {}, spec, survey = [] }: TaskState): SpecChange | undefined {
  if (scale.repairs !== undefined || scale.restore === true) return undefined;
  if (scale.canary !== undefined) return canaryChange(scale.canary, spec);
  const named = survey.find(({ name }) => name === scale.instance)?.release.id;
  if (named !== undefined && spec?.canary?.release === named) return { canary: oneFewer(spec) };
  const now = countBefore({ spec, survey });
  // Also an instance that is more than what is wanted can be named.
  return { count: scale.instance === undefined ? (scale.to ?? now + (scale.by ?? 0)) : Math.max(0, now - 1) };
}

/** The canary without one of its instances; null without its last one. */
function oneFewer(spec: ServiceSpec): Canary | null {
  const count = canaryCount(spec) - 1;
  return spec.canary === undefined || count < 1 ? null : { ...spec.canary, count };
}

const countBefore = ({ spec, survey = [] }: Pick<TaskState, 'spec' | 'survey'>): number =>
  spec?.count ?? survey.filter(({ alive }) => alive).length;

/**
 * Why a service cannot have the count that is asked for; undefined where it can. Pure.
 * @param at now, RFC 3339
 */
export const countProblem = (state: TaskState, at: string): TaskError | undefined =>
  outdatedProblem(state, at) ?? scaleProblem(state) ?? boundsProblem(state, at);

/** What was decided from figures of before a long wait says nothing of now. */
function outdatedProblem(
  { appId, service, scale, isOvertaken }: TaskState,
  at: string,
): TaskError | undefined {
  const { validUntil, to } = scale ?? {};
  const isLate = validUntil !== undefined && at !== '' && Date.parse(at) > Date.parse(validUntil);
  if (!isLate && isOvertaken !== true) return undefined;
  return {
    code: 'SCALE_OUTDATED',
    message: isLate
      ? `${appId}/${service} is not scaled to ${to ?? 'what was asked for'}: that was to begin until ${validUntil}.`
      : `${appId}/${service} is not scaled to ${to}: another count was asked for since.`,
    hint: 'Nothing has to be done: an autoscaler decides again from what it sees now.',
  };
}

/** With a policy, people and autoscalers alike stay within its bounds. */
function boundsProblem(state: TaskState, at: string): TaskError | undefined {
  const { appId, service, spec } = state;
  const to = changeOf(state)?.count;
  const policy = specOfTask(state, at).after?.scaling;
  if (to === undefined || policy === undefined) return undefined;
  const bounds = boundsOf(policy, at);
  if (mayAsk(bounds, { from: spec?.count ?? bounds.min, to })) return undefined;
  return {
    code: 'SCALE_OUT_OF_BOUNDS',
    message: `${appId}/${service} scales within ${boundsText(bounds)} instances by its policy, and ${to} were asked for.`,
    hint: `Ask for a number within these bounds, or change them: slipway scaling set ${appId} ${service} --min N --max N`,
  };
}

/** Why a service cannot be scaled by so many; undefined where it can. */
function scaleProblem(state: TaskState): TaskError | undefined {
  const { appId, service, scale: { by } = {} } = state;
  const before = countBefore(state);
  const after = before + (by ?? 0);
  const possible = Math.min(MOST_INSTANCES, Math.max(0, after));
  if (by === undefined || after === possible) return undefined;
  const sum = `${before} are wanted of ${appId}/${service}, and ${Math.abs(by)} ${by > 0 ? 'more' : 'fewer'} would be ${after}`;
  return {
    code: 'SCALE_OUT_OF_BOUNDS',
    message: `by: ${sum}; a service has 0 to ${MOST_INSTANCES} instances.`,
    hint: `Ask for the number itself: slipway scale ${appId} ${service} ${possible}`,
  };
}

/**
 * What is wanted after a task that failed: its change of state and release is taken back, so that nobody tries again what
 * did not work. A count that was asked for stays wanted, unless the request was cancelled. Undefined where nothing has to
 * be taken back. Pure.
 */
export function specAfterFailure(state: TaskState, at: string): ServiceSpec | undefined {
  const { plan, spec: before, mode, token, arrival = 0, failure } = state;
  const asked = plan?.spec;
  const isCancelled = failure?.code === 'CANCELLED';
  if (state.scale?.canary !== undefined) return withoutNewCanary(state, at);
  if (asked === undefined || (!isCancelled && (mode === 'stop' || mode === 'scale'))) return undefined;
  const by: FieldChange = { arrival, at, by: `${mode} ${isCancelled ? 'cancelled' : 'failed'}`, token };
  const wanted = before ?? { ...asked, state: 'stopped' as const, release: undefined };
  const keepsCount = state.replicas !== undefined && !isCancelled;
  return following(asked, {
    ...wanted,
    ...(mode === 'stop' || mode === 'scale' ? {} : servedAfter(state, wanted)),
    count: keepsCount ? asked.count : wanted.count,
    changes: {
      ...{ ...wanted.changes, state: by, release: by },
      // A policy of config.json is taken back, and not what somebody has set meanwhile: that arrived later.
      ...(asked.changes.scaling?.token === token && { scaling: by }),
      count: keepsCount ? asked.changes.count : wanted.changes.count,
    },
  });
}

/** A canary that did not become healthy is no more wanted; the one before it, with its share, is again. */
function withoutNewCanary(state: TaskState, at: string): ServiceSpec | undefined {
  const { plan, spec: before, token, arrival = 0, failure } = state;
  const isCancelled = failure?.code === 'CANCELLED';
  if (plan?.spec === undefined || before === undefined || !(isCancelled || isNewCanary(state)))
    return undefined;
  const canary = { arrival, at, by: `canary ${isCancelled ? 'cancelled' : 'failed'}`, token };
  const { canary: _, ...asked } = plan.spec;
  return following(plan.spec, {
    ...asked,
    ...(before.canary && { canary: before.canary }),
    changes: { ...asked.changes, canary },
  });
}

/** A count that was asked for stays wanted when its task fails, so whoever asked for it must know. Pure. */
export function stillWanted(state: TaskState, { code }: TaskError, running: number): readonly string[] {
  const { mode, scale, replicas, plan, appId, service } = state;
  const isRepair = scale?.restore === true || scale?.repairs !== undefined || scale?.canary !== undefined;
  const isAsked = mode === 'scale' ? !isRepair : replicas !== undefined;
  const after = specAfterFailure(state, '') ?? plan?.spec;
  const wanted = after === undefined ? 0 : wantedCount(after) + canaryCount(after);
  if (!isAsked || code === 'CANCELLED' || running >= wanted) return [];
  const rest =
    code === 'NO_NODE'
      ? 'the rest is started as soon as there is room.'
      : 'Slipway tries again to start the rest.';
  const before = countBefore(state);
  const back = before === wanted ? '' : ` To take it back: slipway scale ${appId} ${service} ${before}`;
  return [`${wanted} stays wanted: ${running} run; ${rest}${back}`];
}

/** What serves is wanted. Where two releases serve, as after a revert that failed, the one from before. */
function servedAfter(
  state: TaskState,
  wanted: Pick<ServiceSpec, 'state' | 'release'>,
): Pick<ServiceSpec, 'state' | 'release'> {
  const serving = servingOf(state);
  if (serving.instances.length === 0) return { state: wanted.state, release: wanted.release };
  const before = (state.survey ?? []).some(
    (instance) => instance.alive && !isStopped(state, instance) && instance.release.id === wanted.release,
  );
  return { state: 'running', release: before ? wanted.release : (serving.release ?? wanted.release) };
}

/** What a deployment leaves as somebody else asked for it. */
export function specNotes(state: TaskState, { after, superseded }: TaskSpec): readonly string[] {
  const { spec: before, appId, service } = state;
  if (before === undefined || after === undefined) return neverRunNotes(state);
  const notes: string[] = [];
  if (superseded) {
    const { by, token } = after.changes.release;
    notes.push(
      `${causeOfChange(by)} (${token}) was asked for after this and chose release ${after.release}: that one stays.`,
    );
  }
  if (state.mode !== 'stop' && state.mode !== 'scale' && after.state === 'stopped')
    notes.push(
      `${appId}/${service} was stopped after this was asked for, so nothing is started. ` +
        `To run it: slipway run ${appId} ${service}`,
    );
  return [
    ...notes,
    ...canaryNotes(state, before, after),
    ...repeatNotes(state, before),
    ...countNotes(state, before, after),
    ...scalingNotes(state, before, after),
    ...zeroNotes(state, after),
  ];
}

/** A request that asks for what is wanted already leaves no revision behind. */
function repeatNotes(state: TaskState, before: ServiceSpec): readonly string[] {
  const { mode, appId, service } = state;
  if (mode === 'stop' && before.state === 'stopped') return [`${appId}/${service} was stopped already.`];
  if (mode === 'scale' && scaleChange(state)?.count === before.count)
    return [`The count of ${appId}/${service} was ${before.count} already.`];
  return [];
}

/** A typing error in a name would pass as a stop. */
function neverRunNotes({ mode, appId, service, spec, survey = [] }: TaskState): readonly string[] {
  if (mode !== 'stop' || spec !== undefined || survey.length > 0) return [];
  return [`${appId}/${service} was never run. Check the name: slipway status ${appId} lists the services.`];
}

function countNotes(state: TaskState, before: ServiceSpec, after: ServiceSpec): readonly string[] {
  const { mode, appId, service, replicas } = state;
  const { count, declaredCount, changes } = after;
  const declares = mode === 'run' || mode === 'build-and-run';
  if (!declares || replicas !== undefined || after.scaling !== undefined) return [];
  const isSilent = releaseConfig(state)?.defaultReplicas === true;
  if (count !== before.count) {
    const why = isSilent ? 'because config.json declares no replicas' : 'as config.json declares';
    const again = `To have ${before.count} again: slipway scale ${appId} ${service} ${before.count}`;
    return [`count: ${before.count} -> ${count}, ${why}. ${again}`];
  }
  if (count === declaredCount) return [];
  const said = isSilent
    ? `config.json declares no replicas, which means ${declaredCount}`
    : `config.json still declares ${declaredCount}`;
  const toChange = `To change it: slipway scale ${appId} ${service} ${declaredCount}`;
  return [`${count} wanted ${sinceChange(changes.count)}; ${said}.${count === 0 ? '' : ` ${toChange}`}`];
}

/** A service that is scaled to 0 is not stopped: a run starts nothing. */
function zeroNotes(
  { mode, appId, service }: TaskState,
  { state, count, scaling }: ServiceSpec,
): readonly string[] {
  if (mode === 'stop' || state === 'stopped' || count > 0) return [];
  if (scaling !== undefined && scalesToZero(scaling)) return [];
  return [
    `No instance of ${appId}/${service} is wanted, so none runs. To start one: slipway scale ${appId} ${service} 1`,
  ];
}
