import type { ScalingDecision, ScalingStatus } from '#libs/contracts';
import { marks, type Paint } from './progress-lines.js';
import { tableLines } from './table.js';
import { UNKNOWN } from './units.js';

const time = (at: string): string => `${at.slice(0, 19)}Z`;
const boundsText = (bounds: ScalingStatus['bounds']): string =>
  bounds === undefined
    ? UNKNOWN
    : `${bounds.min} to ${bounds.max}${bounds.window === undefined ? '' : ` (window ${bounds.window})`}`;

/** A line for each service that scales; of one alone a block. */
export function scalingStatusLines(statuses: readonly ScalingStatus[], paint: Paint): string[] {
  const [one] = statuses;
  if (one === undefined) return ['No service scales: none has a policy.'];
  if (statuses.length === 1) return statusBlock(one, paint);
  return tableLines(
    ['SERVICE', 'WANTED', 'RUNNING', 'BOUNDS', 'LAST DECISION', 'WAITS FOR'],
    statuses.map((status) => [
      ...[`${status.appId}/${status.service}`, countText(status.wanted), String(status.running)],
      ...[boundsText(status.bounds), lastText(status), status.waits?.for ?? UNKNOWN],
    ]),
  );
}

const countText = (count: number | undefined): string => (count === undefined ? UNKNOWN : String(count));
const lastText = ({ last }: ScalingStatus): string =>
  last === undefined ? UNKNOWN : `${time(last.until)} ${last.constraint}`;

function statusBlock(status: ScalingStatus, paint: Paint): string[] {
  const { appId, service, wanted, running, bounds, last, changed, waits, isDecided } = status;
  const name = paint.bold(`${appId}/${service}`);
  if (bounds === undefined) return [`${name} does not scale: it has no policy. ${running} run.`];
  return [
    `${name}  ${countText(wanted)} wanted, ${running} run, within ${boundsText(bounds)}`,
    ...(isDecided ? [] : [paint.bad('no load balancer decides for it now')]),
    ...(last === undefined ? ['nothing was decided yet'] : [`last       ${time(last.until)}  ${last.text}`]),
    ...(changed === undefined || changed.at === last?.at
      ? []
      : [`changed    ${time(changed.at)}  ${changed.text}`]),
    ...(changed?.error === undefined ? [] : [refusedLine(changed.error, paint)]),
    ...(last === undefined ? [] : missingLines(last, paint)),
    ...(waits === undefined ? [] : [`waits for  ${waits.for}: ${waits.text}${untilText(waits.until)}`]),
  ];
}

/** Targets that say nothing, and why: what their policy's author can mend. */
const missingLines = ({ targets }: ScalingDecision, paint: Paint): readonly string[] =>
  targets.flatMap(({ target, raw, missing }) =>
    raw === undefined && missing !== undefined ? [paint.bad(`no figure  ${target}: ${missing}`)] : [],
  );

const untilText = (until: string | undefined): string =>
  until === undefined ? '' : `, until ${time(until)}`;
const refusedLine = ({ code, message }: NonNullable<ScalingDecision['error']>, paint: Paint): string =>
  paint.bad(`${marks.failed} ${code}: ${message}`);

/** Decisions, the newest first: what was measured, what it asked for, and what decided. */
export function scalingDecisionLines(decisions: readonly ScalingDecision[], paint: Paint): string[] {
  if (decisions.length === 0) return ['No decision is kept.'];
  return folded(decisions).flatMap((decision, index) => [
    ...(index === 0 ? [] : ['']),
    ...decisionBlock(decision, paint),
  ]);
}

/** The newest first. Those that follow on each other and say the same are one, from the first to the last. */
function folded(decisions: readonly ScalingDecision[]): readonly ScalingDecision[] {
  const all: ScalingDecision[] = [];
  for (const older of decisions) {
    const newer = all.at(-1);
    if (newer === undefined || !areAlike(newer, older)) all.push(older);
    else all[all.length - 1] = { ...newer, at: older.at, times: newer.times + older.times };
  }
  return all;
}

const areAlike = (one: ScalingDecision, other: ScalingDecision): boolean =>
  [one, other].every(({ from, to, token }) => from === to && token === undefined) &&
  one.to === other.to &&
  one.constraint === other.constraint &&
  one.by === other.by;

function decisionBlock(decision: ScalingDecision, paint: Paint): string[] {
  const { at, from, to, raw, constraint, text, ready, bounds, targets, by, error, expected } = decision;
  const inputs = targets.map((said) => [
    `  ${said.target}${said.target === by ? ' *' : ''}`,
    said.value === undefined ? UNKNOWN : String(short(said.value)),
    String(short(said.aim)),
    countText(said.raw),
    said.missing ?? '',
  ]);
  const count = to === from ? `stays ${to}` : `${from} -> ${to}`;
  return [
    `${time(at)}  ${paint.bold(count)}  ${constraint}${timesText(decision)}${requestText(decision, paint)}`,
    `  ${text}`,
    `  asked for ${raw}, decided ${to}; ${ready} took requests; bounds ${boundsText(bounds)}`,
    ...(expected === undefined
      ? []
      : [`  expected: ${expected.count} by ${expected.target} at ${time(expected.at)}`]),
    ...(inputs.length === 0 ? [] : tableLines(['  TARGET', 'VALUE', 'AIM', 'ASKS FOR', 'MISSING'], inputs)),
    ...(error === undefined ? [] : [`  ${refusedLine(error, paint)}`]),
  ];
}

const timesText = ({ times, until }: ScalingDecision): string =>
  times === 1 ? '' : `, ${times} times until ${time(until)}`;

function requestText({ token, succeeded }: ScalingDecision, paint: Paint): string {
  if (token === undefined) return '';
  if (succeeded === undefined) return `  asked as ${token}`;
  return succeeded ? paint.good(`  ${marks.done} done`) : paint.bad(`  ${marks.failed} refused`);
}

const short = (value: number): number => Number(value.toPrecision(4));
