import type { DeploymentProgress } from '#libs/contracts';

export interface PhaseDone {
  readonly name: string;
  readonly ms: number;
}

export type ServiceState = 'waiting' | 'working' | 'done' | 'failed';

/** What is known of one service of the request that is followed. */
export interface ServiceProgress {
  readonly name: string;
  readonly state: ServiceState;
  readonly phases: readonly PhaseDone[];
  /** The stored step seen last, such as `ImageBuilt`. */
  readonly lastEvent: string | undefined;
  /** The line of build output seen last; gone once the build ends. */
  readonly lastLine: string | undefined;
  readonly node: string | undefined;
  /** Highest stored version folded so far; events come at least once. */
  readonly version: number;
}

export interface RequestProgress {
  readonly token: string;
  readonly services: readonly ServiceProgress[];
}

export function startProgress(token: string, services: readonly string[]): RequestProgress {
  return { token, services: services.map(emptyService) };
}

/**
 * Folds one event of `deployment.events` into what is shown. Events of other tokens, repeats and steps of
 * services that were not asked for change nothing.
 */
export function foldProgress(progress: RequestProgress, event: DeploymentProgress): RequestProgress {
  if (event.token !== progress.token || event.service === undefined) return progress;
  const services = progress.services.map((s) => (s.name === event.service ? foldService(s, event) : s));
  return { ...progress, services };
}

function foldService(service: ServiceProgress, event: DeploymentProgress): ServiceProgress {
  if (event.version === 0)
    return { ...service, state: working(service.state), lastLine: outputLine(event) ?? service.lastLine };
  if (event.version <= service.version) return service;
  const ended =
    event.phase !== undefined && event.ms !== undefined ? [{ name: event.phase, ms: event.ms }] : [];
  return {
    ...service,
    version: event.version,
    state: working(service.state),
    lastEvent: event.event,
    node: event.node ?? service.node,
    phases: [...service.phases, ...ended],
    lastLine: ended.length > 0 ? undefined : service.lastLine,
  };
}

/** Only the reply says how a service ended; an event says no more than that there is work on it. */
function working(state: ServiceState): ServiceState {
  return state === 'waiting' ? 'working' : state;
}

/** `BuildOutput` carries `lines` or one `line`; the last non-empty one is shown. */
export function outputLine(event: DeploymentProgress): string | undefined {
  const { lines, line } = event.data;
  const all = Array.isArray(lines) ? lines : [line];
  return all
    .filter((l): l is string => typeof l === 'string' && l.trim() !== '')
    .at(-1)
    ?.trim();
}

function emptyService(name: string): ServiceProgress {
  return {
    name,
    state: 'waiting',
    phases: [],
    lastEvent: undefined,
    lastLine: undefined,
    node: undefined,
    version: 0,
  };
}
