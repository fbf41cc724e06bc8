import {
  canaryCount,
  causeOfChange,
  sinceChange,
  type SpecDetails,
  type SpecRevision,
} from '#libs/contracts';
import { isOfLimitsAlone } from './scaling-lines.js';
import { tableLines } from './table.js';

const NONE = '-';

const HEAD = [
  'REVISION',
  'CHANGE',
  'STATE',
  'COUNT',
  'RELEASE',
  'CPU',
  'MEMORY',
  'WHEN',
  'BY',
  'REQUEST',
  'REASON',
];
/** Only where some revision has one. */
const CANARY = 'CANARY';

/** What is wanted of a service now, then its changes: the newest first. */
export function specLines({ appId, service, running, history }: SpecDetails): string[] {
  const [now] = history;
  const summary = now === undefined ? 'nothing is wanted' : summaryOf(now, running);
  const rows = history.map(row);
  const hasCanary = history.some(({ spec }) => spec.canary !== undefined);
  const table = hasCanary
    ? tableLines(
        HEAD.toSpliced(PLACE, 0, CANARY),
        rows.map((cells, index) => cells.toSpliced(PLACE, 0, canaryCell(history[index]?.spec.canary))),
      )
    : tableLines(HEAD, rows);
  return [`${appId}/${service}: ${summary}`, '', ...table];
}

/** Behind the release. */
const PLACE = HEAD.indexOf('RELEASE') + 1;
const canaryCell = (canary: SpecRevision['spec']['canary']): string =>
  canary === undefined ? NONE : `${canary.release} ${canary.percent} %`;

function summaryOf(now: SpecRevision, running: number): string {
  const { state, count, canary } = now.spec;
  const parts =
    state === 'running'
      ? [`${running}/${count + canaryCount(now.spec)} running`, ...canaryNote(canary)]
      : ['stopped', ...(running > 0 ? [`${running} still running`] : []), nextRun(now)];
  return [...parts, ...scalingNote(now), ...countNote(now)].join('; ');
}

const canaryNote = (canary: SpecRevision['spec']['canary']): string[] =>
  canary === undefined ? [] : [`${canary.percent} % of the requests go to release ${canary.release}`];

/** A first deployment that failed leaves a service without a release. */
const nextRun = ({ spec: { release, count } }: SpecRevision): string =>
  release === undefined ? 'no release of it has run' : `the next run starts ${count}`;

/** What owns the count then is no declaration. */
const scalingNote = ({ spec: { scaling } }: SpecRevision): string[] =>
  scaling === undefined
    ? []
    : isOfLimitsAlone(scaling)
      ? ['its limits follow what it uses']
      : [`scales within ${scaling.min} to ${scaling.max}`];

function countNote({ spec }: SpecRevision): string[] {
  const isScaled = spec.scaling !== undefined && !isOfLimitsAlone(spec.scaling);
  if (isScaled || spec.count === spec.declaredCount) return [];
  return [`${spec.count} wanted ${sinceChange(spec.changes.count)}; config.json declares ${declared(spec)}`];
}

/** A file that names no replicas declares 1, too. */
const declared = ({ declaredCount }: SpecRevision['spec']): string =>
  declaredCount === 1 ? '1, or no replicas' : String(declaredCount);

/** A name that was claimed and not verified is marked with a question mark. */
function row({
  revision,
  change,
  spec: wanted,
  principal,
  verified,
  reason,
  token,
  changedAt,
}: SpecRevision): string[] {
  return [
    ...[
      String(revision),
      change === undefined ? NONE : causeOfChange(change),
      wanted.state,
      String(wanted.count),
      wanted.release ?? NONE,
    ],
    ...[String(wanted.limits.cpu), `${wanted.limits.memoryMiB} MiB`, `${changedAt.slice(0, 19)}Z`],
    ...[verified ? principal : `${principal}?`, token, reason ?? NONE],
  ];
}
