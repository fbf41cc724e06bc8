import type { DeploymentProgress } from '#libs/contracts';
import {
  isOver,
  notesOf,
  outputLines,
  type PhaseDone,
  type RequestProgress,
  type ServiceProgress,
} from './progress.js';
import { shownText } from './terminal-text.js';

/** Colours come in from outside, so that the lines can be compared in plain text. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

export interface Screen {
  readonly paint: Paint;
  readonly columns: number;
}

export const plainPaint: Paint = { good: String, bad: String, dim: String, bold: String };

export const marks = { waiting: '·', working: '…', done: '✔', failed: '✖' } as const;
export const INDENT = '     ';

/** What goes on after each stored step. */
const nowDoing: Readonly<Record<string, string>> = {
  TaskAccepted: 'begins',
  DependenciesMet: 'begins',
  InstancesSurveyed: 'begins',
  SourceFetched: 'builds',
  ImageLost: 'builds again',
  InstanceNotStopped: 'goes on',
  ImageBuilt: 'pushes the image',
  ImagePushed: 'waits for its turn',
  SecretsChecked: 'builds',
  TurnTaken: 'compares what runs with what is wanted',
  RoutesClaimed: 'compares what runs with what is wanted',
  PlanMade: 'looks for a node',
  ReleaseReused: 'looks for a node',
  ReleaseResolved: 'looks for a node',
  NodeRequested: 'looks for a node',
  NodeAssigned: 'placed',
  NodeRefused: 'goes on',
  PlaceFailed: 'cleans up, to try another node',
  PlaceLeft: 'looks for another node',
  ImageMissing: 'pulls the image',
  ImagePulled: 'starts',
  ReleaseCommandDone: 'starts',
  InstanceStarted: 'waits for its health path',
  InstanceHealthy: 'is healthy',
  InstanceEvicting: 'makes room for a service of a higher priority',
  InstanceDraining: 'lets what ran before finish',
  InstanceStopped: 'goes on',
  RevertBegun: 'brings back what ran before',
  StepFailed: 'cleans up after a failure',
  LeftoversRemoved: 'cleans up after a failure',
  TaskSucceeded: 'done',
  TaskFailed: 'failed',
};

/** The live tree: a line for the request, and for each service its step, its phases and what its build says now. */
export function progressLines(progress: RequestProgress, clockMs: number, screen: Screen): string[] {
  const { services, token, begunAtMs } = progress;
  const ended = services.filter(isOver).length;
  const head = `[+] ${ended}/${services.length}  ${token}  ${seconds(clockMs - begunAtMs)}`;
  const width = Math.max(...services.map((service) => service.name.length));
  return [
    screen.paint.bold(head),
    ...services.flatMap((service) => serviceLines(service, width, clockMs, screen)),
  ];
}

function serviceLines(service: ServiceProgress, width: number, clockMs: number, screen: Screen): string[] {
  const { name, state, node, lastEvent, lastEventAtMs, lastLine, phases, notes } = service;
  const { paint } = screen;
  const step = lastEvent === undefined ? 'waits' : (nowDoing[lastEvent] ?? lastEvent);
  const place = node === undefined ? '' : ` on ${node}`;
  const since = state === 'working' ? `  ${seconds(clockMs - lastEventAtMs)}` : '';
  const mark = { waiting: paint.dim, working: paint.bold, done: paint.good, failed: paint.bad }[state](
    marks[state],
  );
  return [
    ` ${mark} ${name.padEnd(width)}  ${step}${place}${since}`,
    ...notes.map((note) => `${INDENT}note: ${note}`),
    ...phaseLines(phases, screen),
    ...(lastLine === undefined ? [] : [paint.dim(`${INDENT}| ${lastLine}`)]),
  ];
}

/** The times of the phases, on as many lines as they need. */
export function phaseLines(phases: readonly PhaseDone[], { paint, columns }: Screen): string[] {
  const lines: string[] = [];
  for (const { name, ms } of phases) {
    const text = `${name} ${seconds(ms)}`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length + 3 < columns)
      lines[lines.length - 1] = `${last}  ${text}`;
    else lines.push(`${INDENT}${text}`);
  }
  return lines.map((line) => paint.dim(line));
}

/** One event as one line, for logs and pipes, where nothing can be redrawn; build output has one for each of its. */
export function eventLines(event: DeploymentProgress, { token }: { readonly token: boolean }): string[] {
  const parts = [
    event.at,
    token ? event.token : undefined,
    event.service ?? '(request)',
    event.event,
    event.node === undefined ? undefined : `node=${event.node}`,
    event.phase === undefined || event.ms === undefined ? undefined : `${event.phase}=${seconds(event.ms)}`,
    event.event === 'StepFailed' || event.event === 'PlaceFailed' ? failureOf(event) : undefined,
    event.event === 'SourceFetched' ? detectedOf(event) : undefined,
  ];
  const line = parts.filter((part) => part !== undefined).join('  ');
  const output = outputLines(event);
  const said = [...output.filter(isNews), ...notesOf(event).map((note) => `note: ${note}`)];
  if (said.length === 0) return output.length === 0 ? [line] : [];
  return said.map((text) => `${line}  ${text}`);
}

/** Bars of progress, and steps that nothing was done for, say nothing to whoever reads a log; `logs --build` has them. */
const isNews = (line: string): boolean => !/^CACHED |━{4,}|[█▓]{4,}/.test(line);

function failureOf({ data: { error } }: DeploymentProgress): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}

/** What the source is. Names of files are in it. */
const detectedOf = ({ data: { detected } }: DeploymentProgress): string | undefined =>
  typeof detected === 'string' && detected !== '' ? shownText(detected) : undefined;

/** 340 -> `0.34s`, 12345 -> `12.3s`. */
export function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(2)}s` : `${(ms / 1000).toFixed(1)}s`;
}
