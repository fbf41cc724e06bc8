import type {
  DeploymentProgress,
  DeploymentReply,
  ServiceOutcome,
  ServiceReply,
  TaskError,
} from '#libs/contracts';
import { textLines } from './terminal-text.js';
import { outputLines, type PhaseDone, type RequestProgress, type ServiceProgress } from './progress.js';

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

const marks = { waiting: '·', working: '…', done: '✔', failed: '✖' } as const;
const INDENT = '     ';

/** What goes on after each stored step. */
const nowDoing: Readonly<Record<string, string>> = {
  TaskAccepted: 'begins',
  DependenciesMet: 'begins',
  InstancesSurveyed: 'begins',
  SourceFetched: 'builds',
  ImageLost: 'builds again',
  ImageBuilt: 'pushes the image',
  ImagePushed: 'pulls the image',
  PlanMade: 'looks for a node',
  ReleaseReused: 'looks for a node',
  ReleaseResolved: 'looks for a node',
  NodeRequested: 'looks for a node',
  NodeAssigned: 'pulls the image',
  ImagePulled: 'starts',
  InstanceStarted: 'waits for its health path',
  InstanceHealthy: 'is healthy',
  InstanceDraining: 'lets what ran before finish',
  InstanceStopped: 'goes on',
  InstancesKept: 'ends',
  RevertBegun: 'brings back what ran before',
  StepFailed: 'cleans up after a failure',
  LeftoversRemoved: 'cleans up after a failure',
  TaskSucceeded: 'done',
  TaskFailed: 'failed',
};

/** The live tree: a line for the request, and for each service its step, its phases and what its build says now. */
export function progressLines(progress: RequestProgress, clockMs: number, screen: Screen): string[] {
  const { services, token, begunAtMs } = progress;
  const ended = services.filter(({ state }) => state === 'done' || state === 'failed').length;
  const head = `[+] ${ended}/${services.length}  ${token}  ${seconds(clockMs - begunAtMs)}`;
  const width = Math.max(...services.map((service) => service.name.length));
  return [
    screen.paint.bold(head),
    ...services.flatMap((service) => serviceLines(service, width, clockMs, screen)),
  ];
}

function serviceLines(service: ServiceProgress, width: number, clockMs: number, screen: Screen): string[] {
  const { name, state, node, lastEvent, lastEventAtMs, lastLine, phases } = service;
  const { paint } = screen;
  const step = lastEvent === undefined ? 'waits' : (nowDoing[lastEvent] ?? lastEvent);
  const place = node === undefined ? '' : ` on ${node}`;
  const since = state === 'working' ? `  ${seconds(clockMs - lastEventAtMs)}` : '';
  const mark = { waiting: paint.dim, working: paint.bold, done: paint.good, failed: paint.bad }[state](
    marks[state],
  );
  return [
    ` ${mark} ${name.padEnd(width)}  ${step}${place}${since}`,
    ...phaseLines(phases, screen),
    ...(lastLine === undefined ? [] : [paint.dim(`${INDENT}| ${lastLine}`)]),
  ];
}

/** The times of the phases, on as many lines as they need. */
function phaseLines(phases: readonly PhaseDone[], { paint, columns }: Screen): string[] {
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
    event.event === 'StepFailed' ? failureOf(event) : undefined,
  ];
  const line = parts.filter((part) => part !== undefined).join('  ');
  const said = outputLines(event);
  return said.length === 0 ? [line] : said.map((text) => `${line}  ${text}`);
}

function failureOf({ data: { error } }: DeploymentProgress): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
}

/** The end of a followed request: a block for each service, then one line for the whole. */
export function replyLines(reply: DeploymentReply, elapsedMs: number, screen: Screen): string[] {
  const { paint } = screen;
  const lines = reply.services.flatMap((service) => serviceReplyLines(service, screen));
  if (reply.error !== undefined) lines.push(...errorLines(reply.error, paint, ''));
  if (reply.endpoint !== undefined) lines.push(`Endpoint ${paint.bold(reply.endpoint.url)}`);
  const whole = reply.status ? paint.good('Finished') : paint.bad(`Failed: ${failedNames(reply)}`);
  return [...lines, `${whole} in ${seconds(elapsedMs)}`];
}

/** What took less would show as 0.00s: there was nothing to do. */
const SHOWN_MS = 5;

/** A record has no order of its own. */
const PHASES = ['fetch', 'build', 'push', 'place', 'pull', 'start', 'healthy', 'stop'];

function serviceReplyLines(service: ServiceReply, screen: Screen): string[] {
  const { paint } = screen;
  const mark = service.status === 'failed' ? paint.bad(marks.failed) : paint.good(marks.done);
  const phases = Object.entries(service.phases)
    .map(([name, ms]) => ({ name, ms }))
    .filter(({ ms }) => ms >= SHOWN_MS)
    .sort((a, b) => PHASES.indexOf(a.name) - PHASES.indexOf(b.name));
  return [
    ` ${mark} ${[service.name, outcomes[service.status], placesOf(service)].filter((part) => part !== '').join('  ')}`,
    ...phaseLines(phases, screen),
    ...(service.error === undefined ? [] : errorLines(service.error, paint, INDENT)),
  ];
}

const outcomes: Readonly<Record<ServiceOutcome, string>> = {
  running: 'running',
  built: 'built',
  stopped: 'stopped',
  planned: 'planned',
  'not-running': 'was not running',
  failed: 'failed',
};

const placesOf = ({ instances }: ServiceReply): string =>
  instances.map(({ url, node }) => `${url} on ${node}`).join(', ');

/** Code and message, the end of the log, and last what to do: the eye is at the end. */
export function errorLines(
  { code, message, hint, logTail = '' }: TaskError,
  paint: Paint,
  indent: string,
): string[] {
  const log = logTail.trim() === '' ? [] : textLines(logTail.trimEnd());
  return [
    `${paint.bad(code)}  ${oneLine(message)}`,
    ...log.map((line) => `${paint.dim('|')} ${line}`.trimEnd()),
    `hint: ${oneLine(hint)}`,
  ].map((line) => `${indent}${line}`);
}

const oneLine = (text: string): string => textLines(text).join(' ');

function failedNames(reply: DeploymentReply): string {
  return reply.failed.length === 0 ? 'the request was refused' : reply.failed.join(', ');
}

/** 340 -> `0.34s`, 12345 -> `12.3s`. */
export function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(2)}s` : `${(ms / 1000).toFixed(1)}s`;
}
