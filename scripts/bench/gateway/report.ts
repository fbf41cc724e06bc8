import { type Goal, printedGoal } from '../../sim/placement/goals.js';
import type { Fairness } from './fairness.js';
import { intervalOf } from './interval.js';
import { RULES, type Rule, type TailMeasured, type TailRound, type Trouble } from './tail.js';
import { type Measured, type RoundOf, SIDES, type SideName } from './throughput.js';

export interface Results {
  readonly throughput: readonly Measured[];
  readonly fairness: readonly Fairness[];
  readonly tail: readonly TailMeasured[];
  readonly goals: readonly Goal[];
}

const LEAST_OF_PEER = 0.95;
const LEAST_ETA = 0.995;
const MOST_OF_RANDOM = 0.8;
const MOST_ERRORS = 0.001;
const MOST_LOWERED_MS = 2_000;

export function goalsOf({ throughput, fairness, tail }: Omit<Results, 'goals'>): readonly Goal[] {
  return [
    ...throughputGoals(throughput),
    ...fairnessGoals(fairness),
    ...(tail.length > 0 ? tailGoals(tail) : []),
  ];
}

/** Of each round: ours to a peer that ran seconds apart, where both were measured. */
function throughputGoals(all: readonly Measured[]): readonly Goal[] {
  return all
    .filter(({ side }) => side === SIDES.ours)
    .flatMap((ours) =>
      [SIDES.alone, SIDES.byHand].flatMap((peer) => {
        const rounds = roundsOf(all, peer, ours.cores, ours.size);
        return rounds.length === 0 ? [] : [goalAgainst(peer, ours, rounds)];
      }),
    );
}

function goalAgainst(peer: SideName, { cores, size, rounds }: Measured, peers: readonly RoundOf[]): Goal {
  const ratio = intervalOf(rounds.map((own, round) => own.perSecond / (peers[round]?.perSecond ?? NaN)));
  const failed = rounds.reduce((sum, one) => sum + one.failed, 0);
  const [shown, low, high] = [ratio.median, ratio.low, ratio.high].map((one) => one.toFixed(2));
  return {
    text: `${size}, ${coresOf(cores)}: ${shown} of ${peer} (${low}-${high}), ${failed} requests failed, goal ${LEAST_OF_PEER} and 0`,
    isMet: ratio.median >= LEAST_OF_PEER && failed === 0,
  };
}

const roundsOf = (
  all: readonly Measured[],
  side: SideName,
  cores: number,
  size: string,
): readonly RoundOf[] =>
  all.find((one) => one.side === side && one.cores === cores && one.size === size)?.rounds ?? [];

const fairnessGoals = (all: readonly Fairness[]): readonly Goal[] =>
  all
    .filter(({ side }) => side === SIDES.ours)
    .map(({ weights, eta }) => ({
      text: `weights ${weights.join(', ')}: eta ${eta.toFixed(4)}, goal ${LEAST_ETA}`,
      isMet: eta >= LEAST_ETA,
    }));

function tailGoals(all: readonly TailMeasured[]): readonly Goal[] {
  const rounds = (rule: Rule, trouble: Trouble): readonly TailRound[] =>
    all.find((one) => one.rule === rule && one.trouble === trouble)?.rounds ?? [];
  const own = rounds(RULES.ours, 'stalls');
  const against = (rule: Rule, most: number): Goal => {
    const peer = rounds(rule, 'stalls');
    const ratio = intervalOf(own.map(({ p99Ms }, round) => p99Ms / (peer[round]?.p99Ms ?? NaN))).median;
    return {
      text: `one stalls: p99 ${ratio.toFixed(2)} of that of ${rule}, goal at most ${most}`,
      isMet: ratio <= most,
    };
  };
  const errors = Math.max(...[...own, ...rounds(RULES.ours, 'fails')].map((one) => one.errors));
  const lowered = own.map(({ loweredMs = Infinity }) => loweredMs);
  const slowest = Math.max(...lowered);
  return [
    against(RULES.least, 1),
    against(RULES.random, MOST_OF_RANDOM),
    {
      text: `errors seen by clients, worst round: ${percent(errors)} %, goal less than ${percent(MOST_ERRORS)} %`,
      isMet: errors < MOST_ERRORS,
    },
    {
      text: `from the stall to a lower weight, slowest: ${slowest.toFixed(0)} ms, goal ${MOST_LOWERED_MS} ms`,
      isMet: slowest <= MOST_LOWERED_MS,
    },
  ];
}

const percent = (share: number): string => (100 * share).toFixed(2);
const coresOf = (cores: number): string => `${cores} core${cores === 1 ? '' : 's'}`;

/** As Markdown. */
export const printedGateway = ({ throughput, fairness, tail, goals }: Results): string =>
  [
    ...throughputTable(throughput),
    ...fairnessTable(fairness),
    ...tailTable(tail),
    '',
    ...goals.map(printedGoal),
  ].join('\n');

function throughputTable(all: readonly Measured[]): readonly string[] {
  if (all.length === 0) return [];
  const head = [
    'answer',
    'cores',
    'proxy',
    'requests/s',
    'of HAProxy alone',
    'CPU us a request',
    'p50 ms',
    'p99 ms',
  ];
  const rows = all.map(({ cores, size, side, rounds }) => {
    const alone = roundsOf(all, SIDES.alone, cores, size);
    const ratios = rounds.map((one, round) => one.perSecond / (alone[round]?.perSecond ?? NaN));
    const of = (pick: (round: RoundOf) => number, digits: number): string => shown(rounds.map(pick), digits);
    return [
      ...[size, String(cores), side, of((one) => one.perSecond, 0), shown(ratios, 2)],
      ...[of((one) => one.cpuUs, 1), of((one) => one.p50Ms, 2), of((one) => one.p99Ms, 2)],
    ];
  });
  return tableOf(head, rows);
}

const fairnessTable = (all: readonly Fairness[]): readonly string[] =>
  all.length === 0
    ? []
    : tableOf(
        ['weights', 'rule', 'requests of each', 'eta'],
        all.map(({ weights, side, counts, eta }) => [
          ...[weights.join(', '), side, counts.join(', '), eta.toFixed(4)],
        ]),
      );

const tailTable = (all: readonly TailMeasured[]): readonly string[] =>
  all.length === 0
    ? []
    : tableOf(
        ['one of ten', 'rule', 'p50 ms', 'p99 ms', 'errors %'],
        all.map(({ rule, trouble, rounds }) => [
          ...[
            trouble,
            rule,
            shown(
              rounds.map(({ p50Ms }) => p50Ms),
              0,
            ),
          ],
          ...[
            shown(
              rounds.map(({ p99Ms }) => p99Ms),
              0,
            ),
            shown(
              rounds.map(({ errors }) => 100 * errors),
              2,
            ),
          ],
        ]),
      );

function shown(values: readonly number[], digits: number): string {
  const { median, low, high } = intervalOf(values);
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => [
  '',
  ...[head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`),
];
