import { canaryCount, type TaskError } from '#libs/contracts';
import type { CanaryWish } from '../../task/domain/task.events.js';
import type { TaskState } from '../../task/domain/task.state.js';
import type { ServiceSpec, SpecChange } from './spec.js';

/** What a request for a canary asks of the spec: 0 percent takes away the canary of that release alone. Pure. */
export function canaryChange(
  { release, percent, instances: count }: CanaryWish,
  spec: ServiceSpec | undefined,
): SpecChange | undefined {
  if (percent > 0) return { canary: { release, percent, ...(count !== undefined && { count }) } };
  const isOther = spec?.canary !== undefined && spec.canary.release !== release;
  return isOther ? undefined : { canary: null };
}

/** The request asks for a canary, rather than for the end of one. Pure. */
export const isNewCanary = ({ scale }: Pick<TaskState, 'scale'>): boolean =>
  (scale?.canary?.percent ?? 0) > 0;

/** The id of the release that is a canary after a task, as far as the task knows; undefined where there is to be none. Pure. */
export const canaryReleaseOf = ({ scale, spec }: Pick<TaskState, 'scale' | 'spec'>): string | undefined => {
  if (scale?.canary === undefined) return spec?.canary?.release;
  return isNewCanary({ scale }) ? scale.canary.release : undefined;
};

/** Why a service can have no canary; undefined where it can. Pure. */
export function canaryProblem(state: TaskState): TaskError | undefined {
  const { appId, service, scale, spec, survey = [], release, canary } = state;
  if (scale?.canary === undefined || !isNewCanary(state)) return undefined;
  const of = `${appId}/${service}`;
  const refused = (message: string, hint: string): TaskError => ({ code: 'CANARY_REFUSED', message, hint });
  if (spec?.state !== 'running' || spec.release === undefined)
    return refused(
      `${of} is not running, so there is nothing beside which a release could be tried.`,
      `Run it: slipway run ${appId} ${service} --release ${scale.canary.release}`,
    );
  if (spec.release === scale.canary.release)
    return refused(
      `${of} runs ${scale.canary.release} already: it gets all requests but those of a canary.`,
      `See which releases there are: slipway releases ${appId} ${service}`,
    );
  const configs = [canary, release, ...survey.map((instance) => instance.release)].map((one) => one?.config);
  const instead = `Run the release instead: slipway run ${appId} ${service} --release ${scale.canary.release}`;
  if (configs.some((config) => config?.volumes !== undefined))
    return refused(`${of} has volumes, which one instance uses at a time.`, instead);
  if (configs.some((config) => config !== undefined && config.port === undefined))
    return refused(`${of} is a worker: it gets no requests that could be shared out.`, instead);
  return undefined;
}

/** What a task does to the canary, in words. */
export function canaryNotes(state: TaskState, before: ServiceSpec, after: ServiceSpec): readonly string[] {
  const { appId, service, scale } = state;
  const [was, is] = [before.canary, after.canary];
  if (was !== undefined && is?.release !== was.release) {
    const isPromoted = after.release === was.release && before.release !== was.release;
    const why = isPromoted ? 'gets all requests from now on' : 'gets no requests any more';
    const ended = `The canary ends: release ${was.release}, which had ${was.percent} percent of the requests, ${why}.`;
    return [ended, ...(is === undefined ? [] : [shareNote(after)])];
  }
  if (scale?.canary === undefined) return [];
  if (is === undefined) return [`${appId}/${service} had no canary, so nothing is taken away.`];
  if (scale.canary.percent === 0)
    return [`${scale.canary.release} is no canary of ${appId}/${service}; release ${is.release} stays one.`];
  return [shareNote(after)];
}

function shareNote(after: ServiceSpec): string {
  const { canary, release, count } = after;
  if (canary === undefined) return '';
  const instances = canaryCount(after);
  const by = `${instances} ${instances === 1 ? 'instance' : 'instances'}`;
  const share = `${canary.percent} percent of the requests go to release ${canary.release}, by ${by}; the rest go to release ${release}.`;
  return count === 0 ? `${share} Both start once an instance is wanted.` : share;
}
