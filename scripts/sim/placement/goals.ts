import type { RunFigures } from './run.js';

export interface Goal {
  readonly text: string;
  readonly isMet: boolean;
}

const MOST_P99_MS = 5;
const LEAST_PER_SECOND = 5_000;

/** What has to hold, by the figures of all fleets; `millions` is the run with a million instances. */
export function goalsOf(
  runs: readonly RunFigures[],
  largest: number,
  million: { readonly placed: number; readonly asked: number } | undefined,
): readonly Goal[] {
  const own = runs.filter(({ scheduler }) => scheduler.startsWith('Slipway'));
  const sizes = [...new Set(runs.map(({ nodes }) => nodes))];
  const speed = own
    .filter(({ nodes }) => nodes === largest)
    .flatMap(({ scheduler, nodes, perSecond, p99Ms }) => [
      goal(
        `${scheduler}, ${nodes} nodes: ${Math.round(perSecond)} decisions/s, goal ${LEAST_PER_SECOND}`,
        perSecond >= LEAST_PER_SECOND,
      ),
      goal(
        `${scheduler}, ${nodes} nodes: p99 ${p99Ms.toFixed(2)} ms, goal below ${MOST_P99_MS} ms`,
        p99Ms < MOST_P99_MS,
      ),
    ]);
  const over = own.reduce((sum, { overCapacity }) => sum + overCapacity, 0);
  return [
    ...speed,
    goal(`places over capacity: ${over}, goal 0`, over === 0),
    ...sizes.flatMap((nodes) => packing(runs.filter((run) => run.nodes === nodes))),
    ...(million === undefined
      ? []
      : [
          goal(
            `${million.placed} of ${million.asked} small instances placed, goal all`,
            million.placed === million.asked,
          ),
        ]),
  ];
}

const measures = {
  'stranded at nine tenths': 'strandedPercent',
  'stranded after churn': 'strandedAfterChurnPercent',
  'stranded at the end': 'strandedAtEndPercent',
} as const;

/** No worse than the best of the peers. */
function packing(runs: readonly RunFigures[]): readonly Goal[] {
  const own = runs.find(({ scheduler }) => scheduler === 'Slipway pack');
  const peers = runs.filter(({ scheduler }) => !scheduler.startsWith('Slipway'));
  if (own === undefined) return [];
  return Object.entries(measures).map(([text, measure]) => {
    const best = peers.toSorted((a, b) => a[measure] - b[measure])[0];
    const least = best?.[measure] ?? Number.POSITIVE_INFINITY;
    return goal(
      `${own.nodes} nodes, ${text}: ${own[measure].toFixed(2)} %, goal at most ${least.toFixed(2)} % (${best?.scheduler})`,
      own[measure] <= least,
    );
  });
}

const goal = (text: string, isMet: boolean): Goal => ({ text, isMet });

export const printedGoal = ({ text, isMet }: Goal): string => `${text} .. ${isMet ? 'met' : 'MISSED'}`;
