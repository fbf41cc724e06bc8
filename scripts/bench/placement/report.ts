import { type Goal, printedGoal } from '../../sim/placement/goals.js';
import type { Answers, RoundFigures } from './round.js';

export interface Results {
  readonly nodes: number;
  readonly rounds: readonly RoundFigures[];
  readonly goals: readonly Goal[];
}

/** By the round with the most replicas; what must hold is asked of all. */
export function goalsOf(rounds: readonly RoundFigures[], leastPerSecond: number): readonly Goal[] {
  const most = rounds.reduce((best, round) => (round.replicas > best.replicas ? round : best));
  const broken = rounds.flatMap(({ replicas, violations }) =>
    Object.entries(violations).flatMap(([rule, cases]) =>
      cases.length === 0
        ? []
        : [`${replicas} replicas, ${rule}: not ${cases.length} times, ${cases.slice(0, 3).join(', ')}`],
    ),
  );
  const { placedPerSecond } = most.full;
  return [
    {
      text: `${most.replicas} replicas: ${placedPerSecond} placed a second, goal ${leastPerSecond}`,
      isMet: placedPerSecond >= leastPerSecond,
    },
    {
      text: `no node over capacity, no port promised twice, every answer kept${broken.map((one) => `; ${one}`).join('')}`,
      isMet: broken.length === 0,
    },
  ];
}

/** As Markdown. */
export function printedPlacement({ nodes, rounds, goals }: Results, rate: number): string {
  const head = [
    ...['replicas', 'placed/s', 'p50 ms', 'p99 ms'],
    ...[`p50 ms at ${rate}/s`, `p99 ms at ${rate}/s`, 'refused', 'CPU ms a placement'],
  ];
  const rows = rounds.map((round) => [
    ...[round.replicas, round.full.placedPerSecond, round.full.p50Ms, round.full.p99Ms],
    ...[round.even.p50Ms, round.even.p99Ms, refusedOf(round), cpuOf(round)],
  ]);
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [`\n${nodes} nodes:\n`, ...table, '', ...goals.map(printedGoal)].join('\n');
}

const refusedOf = ({ full, even }: { readonly full: Answers; readonly even: Answers }): number =>
  full.refused + even.refused;

const cpuOf = ({ cpu, requests }: RoundFigures): string =>
  Object.entries(cpu)
    .map(([who, seconds]) => `${who} ${((1_000 * seconds) / requests).toFixed(2)}`)
    .join(', ');
