import { causeOfChange, sinceChange, type SpecDetails, type SpecRevision } from '#libs/contracts';
import { tableLines } from './table.js';

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

/** What is wanted of a service now, then its changes: the newest first. */
export function specLines({ appId, service, running, history }: SpecDetails): string[] {
  const [now] = history;
  const summary = now === undefined ? 'nothing is wanted' : summaryOf(now, running);
  return [`${appId}/${service}: ${summary}`, '', ...tableLines(HEAD, history.map(row))];
}

function summaryOf(now: SpecRevision, running: number): string {
  const { state, count } = now.spec;
  const parts =
    state === 'running'
      ? [`${running}/${count} running`]
      : ['stopped', ...(running > 0 ? [`${running} still running`] : []), nextRun(now)];
  return [...parts, ...countNote(now)].join('; ');
}

/** A first deployment that failed leaves a service without a release. */
const nextRun = ({ spec: { release, count } }: SpecRevision): string =>
  release === undefined ? 'no release of it has run' : `the next run starts ${count}`;

function countNote({ spec }: SpecRevision): string[] {
  if (spec.count === spec.declaredCount) return [];
  return [`${spec.count} wanted ${sinceChange(spec.changes.count)}; config.json declares ${declared(spec)}`];
}

/** A file that names no replicas declares 1, too. */
const declared = ({ declaredCount }: SpecRevision['spec']): string =>
  declaredCount === 1 ? '1, or no replicas' : String(declaredCount);

const NONE = '-';

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
