import type { DeploymentProgress } from '#libs/contracts';
import { textLines } from './terminal-text.js';

export interface PhaseDone {
  readonly name: string;
  readonly ms: number;
}

type ServiceState = 'waiting' | 'working' | 'done' | 'failed';

/** What is known of one service of the request that is followed. */
export interface ServiceProgress {
  readonly name: string;
  readonly state: ServiceState;
  readonly phases: readonly PhaseDone[];
  /** The stored step seen last, such as `ImageBuilt`, and when it was seen, by our clock. */
  readonly lastEvent: string | undefined;
  readonly lastEventAtMs: number;
  /** The line of build output seen last; gone once the build ends. */
  readonly lastLine: string | undefined;
  readonly node: string | undefined;
  /** What is worth knowing before anything is started. */
  readonly notes: readonly string[];
  /** Highest stored version folded so far; events come at least once. */
  readonly version: number;
}

export interface RequestProgress {
  readonly token: string;
  readonly begunAtMs: number;
  readonly services: readonly ServiceProgress[];
}

export function startProgress(token: string, services: readonly string[], clockMs: number): RequestProgress {
  return { token, begunAtMs: clockMs, services: services.map((name) => untouched(name, clockMs)) };
}

/**
 * Folds one event of `deployment.events` into what is shown. Events of other tokens, repeats and steps of
 * services that were not asked for change nothing.
 */
export function foldProgress(
  progress: RequestProgress,
  event: DeploymentProgress,
  clockMs: number,
): RequestProgress {
  if (event.token !== progress.token || event.service === undefined) return progress;
  const services = progress.services.map((s) =>
    s.name === event.service ? foldService(s, event, clockMs) : s,
  );
  return { ...progress, services };
}

function foldService(service: ServiceProgress, event: DeploymentProgress, clockMs: number): ServiceProgress {
  if (AWAITED.has(event.event)) return withNotes(service, event);
  if (event.version === 0) return withOutput(service, event);
  if (event.version <= service.version) return service;
  const { phase, ms } = event;
  const ended = phase !== undefined && ms !== undefined;
  return {
    ...service,
    version: event.version,
    state: stateAfter(event.event),
    ...(isAside(service, event) ? {} : { lastEvent: event.event, lastEventAtMs: clockMs }),
    node: event.node ?? service.node,
    notes: [...service.notes, ...notesOf(event)],
    phases: ended ? withPhase(service.phases, { name: phase, ms }) : service.phases,
    lastLine: ended || event.event === 'StepFailed' ? undefined : service.lastLine,
  };
}

/** What keeps an instance from being placed, or from being healthy; not stored. */
const AWAITED: ReadonlySet<string> = new Set(['RoomAwaited', 'HealthAwaited']);
const NOTED: ReadonlySet<string> = new Set(['PlanMade', ...AWAITED]);

export const isOver = ({ state }: ServiceProgress): boolean => state === 'done' || state === 'failed';

/** Steps that go on beside a build. */
const ASIDE: ReadonlySet<string> = new Set([
  ...['InstancesSurveyed', 'PlanMade', 'NodeRequested', 'NodeAssigned', 'InstanceDraining'],
]);

/** After these steps the image is built. */
const BUILDS: ReadonlySet<string | undefined> = new Set(['SourceFetched', 'SecretsChecked']);

const isAside = ({ lastEvent }: ServiceProgress, { event }: DeploymentProgress): boolean =>
  BUILDS.has(lastEvent) && ASIDE.has(event);

/** Only while it builds: output goes another way than stored steps and may come after the build's end. */
function withOutput(service: ServiceProgress, event: DeploymentProgress): ServiceProgress {
  if (!BUILDS.has(service.lastEvent)) return service;
  return { ...service, lastLine: outputLines(event).at(-1) ?? service.lastLine };
}

/** Told again and again while it lasts, and by each instance. */
function withNotes(service: ServiceProgress, event: DeploymentProgress): ServiceProgress {
  return { ...service, notes: [...new Set([...service.notes, ...notesOf(event)])] };
}

/** A phase that comes again, of another replica, adds to the time. */
function withPhase(phases: readonly PhaseDone[], { name, ms }: PhaseDone): readonly PhaseDone[] {
  if (!phases.some((phase) => phase.name === name)) return [...phases, { name, ms }];
  return phases.map((phase) => (phase.name === name ? { name, ms: phase.ms + ms } : phase));
}

/** What a plan says before it starts, and what is seen while an instance is not healthy. */
export function notesOf({ event, data: { notes } }: DeploymentProgress): readonly string[] {
  if (!NOTED.has(event) || !Array.isArray(notes)) return [];
  return notes.filter((note) => typeof note === 'string').map((note) => textLines(note).join(' '));
}

function stateAfter(event: string): ServiceState {
  if (event === 'TaskSucceeded') return 'done';
  return event === 'TaskFailed' ? 'failed' : 'working';
}

/** What `BuildOutput` carries, without empty lines. */
export function outputLines({ data: { lines } }: DeploymentProgress): readonly string[] {
  if (!Array.isArray(lines)) return [];
  return lines
    .filter((line) => typeof line === 'string')
    .flatMap(textLines)
    .filter((line) => line.trim() !== '');
}

function untouched(name: string, clockMs: number): ServiceProgress {
  return {
    name,
    state: 'waiting',
    phases: [],
    lastEvent: undefined,
    lastEventAtMs: clockMs,
    lastLine: undefined,
    node: undefined,
    notes: [],
    version: 0,
  };
}
