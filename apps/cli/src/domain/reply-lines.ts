import type { DeploymentReply, ServiceOutcome, ServiceReply, TaskError } from '#libs/contracts';
import { changeLine } from './change-line.js';
import { INDENT, marks, type Paint, phaseLines, type Screen, seconds } from './progress-lines.js';
import { textLines } from './terminal-text.js';

/** The end of a followed request: a block for each service, then one line for the whole. */
export function replyLines(reply: DeploymentReply, elapsedMs: number, screen: Screen): string[] {
  const { paint } = screen;
  const lines = replyBlocks(reply, screen);
  if (reply.endpoint !== undefined) lines.push(`Endpoint ${paint.bold(reply.endpoint.url)}`);
  const whole = reply.status ? paint.good('Finished') : paint.bad(`Failed: ${failedNames(reply)}`);
  return [...lines, `${whole} in ${seconds(elapsedMs)}`];
}

/** A block for each service, and why the whole was refused, where it was. */
export function replyBlocks({ services, error }: DeploymentReply, screen: Screen): string[] {
  const blocks = services.flatMap((service) => serviceReplyLines(service, screen));
  return error === undefined ? blocks : [...blocks, ...errorLines(error, screen.paint, '')];
}

/** What took less would show as 0.00s: there was nothing to do. */
const SHOWN_MS = 5;

function serviceReplyLines(service: ServiceReply, screen: Screen): string[] {
  const { paint } = screen;
  const mark = service.status === 'failed' ? paint.bad(marks.failed) : paint.good(marks.done);
  const { phaseOrder = Object.keys(service.phases) } = service;
  const phases = phaseOrder
    .map((name) => ({ name, ms: service.phases[name] ?? 0 }))
    .filter(({ ms }) => ms >= SHOWN_MS);
  return [
    ` ${mark} ${[service.name, outcomeOf(service), placesOf(service)].filter((part) => part !== '').join('  ')}`,
    ...(service.endpoint === undefined ? [] : [`${INDENT}${paint.bold(service.endpoint.url)}`]),
    ...phaseLines(phases, screen),
    ...(service.plan ?? []).map((change) => `${INDENT}${changeLine(change)}`),
    ...(service.notes ?? []).map((note) => `${INDENT}note: ${oneLine(note)}`),
    ...(service.error === undefined ? [] : errorLines(service.error, paint, INDENT)),
    ...servingLines(service),
  ];
}

const outcomes: Readonly<Record<ServiceOutcome, string>> = {
  running: 'running',
  'scaled-to-0': 'scaled to 0',
  built: 'built',
  stopped: 'stopped',
  planned: 'planned',
  'not-running': 'was not running',
  failed: 'failed',
};

const outcomeOf = ({ status, plan = [] }: ServiceReply): string =>
  status === 'planned' && plan.length === 0 ? 'nothing to do' : outcomes[status];

/** After a failure: what users are still served by. */
function servingLines({ serving }: ServiceReply): string[] {
  if (serving === undefined) return [];
  const release = serving.release === undefined ? '' : ` ${serving.release}`;
  return [`${INDENT}still serving:${release}  ${placesOf(serving)}`];
}

const placesOf = ({ instances }: Pick<ServiceReply, 'instances'>): string =>
  instances.map(({ url, node }) => (url === undefined ? `on ${node}` : `${url} on ${node}`)).join(', ');

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
