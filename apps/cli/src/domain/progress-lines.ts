import type { DeploymentProgress, DeploymentReply, ServiceReply, TaskError } from '#libs/contracts';
import { outputLine, type RequestProgress, type ServiceProgress } from './progress.js';

/** Colours come in from outside, so that the lines can be compared in plain text. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

export const plainPaint: Paint = { good: String, bad: String, dim: String, bold: String };

const marks = { waiting: '·', working: '…', done: '✔', failed: '✖' } as const;

/** The live tree: a line for the request, one for each service, one for what a build says now. */
export function progressLines(progress: RequestProgress, elapsedMs: number, paint: Paint): string[] {
  const busy = progress.services.filter((s) => s.state !== 'waiting').length;
  const head = `[+] ${progress.token}  ${busy}/${progress.services.length} begun  ${seconds(elapsedMs)}`;
  return [paint.bold(head), ...progress.services.flatMap((service) => serviceLines(service, paint))];
}

function serviceLines(service: ServiceProgress, paint: Paint): string[] {
  const place = service.node === undefined ? '' : ` on ${service.node}`;
  const step = service.lastEvent ?? 'waiting';
  const line = ` ${marks[service.state]} ${service.name}${place}  ${step}  ${paint.dim(phaseText(service))}`;
  return service.lastLine === undefined ? [line] : [line, paint.dim(`     ${service.lastLine}`)];
}

function phaseText(service: ServiceProgress): string {
  return service.phases.map(({ name, ms }) => `${name} ${seconds(ms)}`).join('  ');
}

/** One event as one line, for logs and pipes, where nothing can be redrawn. */
export function eventLine(event: DeploymentProgress): string {
  const said = event.event === 'BuildOutput' ? outputLine(event) : undefined;
  const parts = [
    event.at,
    event.token,
    event.service ?? '(request)',
    event.event,
    event.node === undefined ? undefined : `node=${event.node}`,
    event.phase === undefined || event.ms === undefined ? undefined : `${event.phase}=${seconds(event.ms)}`,
    said,
  ];
  return parts.filter((part) => part !== undefined).join('  ');
}

/** The end of a followed request: a block for each service, then one line for the whole. */
export function replyLines(reply: DeploymentReply, elapsedMs: number, paint: Paint): string[] {
  const lines = reply.services.flatMap((service) => serviceReplyLines(service, paint));
  if (reply.error !== undefined) lines.push(...errorLines(reply.error, paint, ''));
  if (reply.endpoint !== undefined) lines.push(`Endpoint ${paint.bold(reply.endpoint.url)}`);
  const whole = reply.status ? paint.good('Finished') : paint.bad(`Failed: ${failedNames(reply)}`);
  return [...lines, `${whole} in ${seconds(elapsedMs)}`];
}

function serviceReplyLines(service: ServiceReply, paint: Paint): string[] {
  const failed = service.status === 'failed';
  const mark = failed ? paint.bad(marks.failed) : paint.good(marks.done);
  const places = service.instances.map((i) => `${i.url} on ${i.node}`).join(', ');
  const phases = Object.entries(service.phases)
    .map(([name, ms]) => `${name} ${seconds(ms)}`)
    .join('  ');
  const line = [` ${mark} ${service.name}`, service.status, places, paint.dim(phases)].filter(
    (p) => p !== '',
  );
  return [line.join('  '), ...(service.error === undefined ? [] : errorLines(service.error, paint, '     '))];
}

function errorLines(error: TaskError, paint: Paint, indent: string): string[] {
  const log = error.logTail === undefined || error.logTail === '' ? [] : error.logTail.trimEnd().split('\n');
  return [
    `${indent}${paint.bad(error.code)}  ${error.message}`,
    `${indent}hint: ${error.hint}`,
    ...log.map((line) => `${indent}${paint.dim('|')} ${line}`),
  ];
}

function failedNames(reply: DeploymentReply): string {
  return reply.failed.length === 0 ? 'the request was refused' : reply.failed.join(', ');
}

/** 340 -> `0.34s`, 12345 -> `12.3s`. */
export function seconds(ms: number): string {
  return ms < 10_000 ? `${(ms / 1000).toFixed(2)}s` : `${(ms / 1000).toFixed(1)}s`;
}
