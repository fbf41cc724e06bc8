import type { RunFigures } from './run.js';

const fixed = (value: number, digits = 1): string => value.toFixed(digits);

/** Table rows of one size of fleet, as Markdown. */
export function tableOf(runs: readonly RunFigures[]): string {
  const head = [
    'scheduler',
    'decisions/s',
    'p50 ms',
    'p99 ms',
    'stranded %',
    'after churn %',
    'at the end %',
    'CPU reserved %',
    'imbalance %',
    'nodes spread %',
    'zones spread %',
    'moved %',
  ];
  const rows = runs.map((run) => [
    run.scheduler,
    Math.round(run.perSecond).toLocaleString('en'),
    fixed(run.p50Ms, 2),
    fixed(run.p99Ms, 2),
    fixed(run.strandedPercent, 2),
    fixed(run.strandedAfterChurnPercent, 2),
    fixed(run.strandedAtEndPercent, 2),
    fixed(run.allocatedPercent),
    fixed(run.imbalancePercent),
    fixed(run.spreadPercent),
    fixed(run.zoneSpreadPercent),
    fixed(run.movedPercent),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The mean of several runs of one scheduler on fleets of one size. */
export function meanOf(runs: readonly RunFigures[]): RunFigures {
  const [first] = runs;
  if (first === undefined) throw new RangeError('expected at least one run');
  const mean = Object.entries(first).map(([name, value]) => [
    name,
    typeof value === 'number'
      ? runs.reduce((sum, run) => sum + Number(run[name as keyof RunFigures]), 0) / runs.length
      : value,
  ]);
  return Object.fromEntries(mean) as unknown as RunFigures;
}
