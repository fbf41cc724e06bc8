import { expect, it } from 'vitest';
import { goalsOf, printedPlacement } from './report.js';
import type { RoundFigures } from './round.js';

const answers = { placedPerSecond: 500, p50Ms: 40, p99Ms: 90, refused: 0 };
const round = (changes: Partial<RoundFigures> = {}): RoundFigures => ({
  ...{ replicas: 3, requests: 1_000, full: answers, even: answers, cpu: { Kafka: 0.5, Postgres: 1.25 } },
  violations: { 'no port is promised twice': [] },
  ...changes,
});
const areMet = (...rounds: RoundFigures[]) => goalsOf(rounds, 500).map(({ isMet }) => isMet);

it('the goal is asked of the round with the most replicas, and what must hold of all', () => {
  const slow = { ...answers, placedPerSecond: 499 };
  expect(areMet(round({ replicas: 1, full: slow }), round())).toEqual([true, true]);
  expect(areMet(round({ full: slow }), round({ replicas: 1 }))).toEqual([false, true]);
  const broken = { 'no port is promised twice': ['node-1:20000'] };
  expect(areMet(round(), round({ replicas: 1, violations: broken }))).toEqual([true, false]);
});

it('what is broken is named, and CPU is told for one placement', () => {
  const rounds = [round({ violations: { 'no port is promised twice': ['node-1:20000'] } })];
  const text = printedPlacement({ nodes: 10, rounds, goals: goalsOf(rounds, 500) }, 500);
  expect(text).toContain('3 replicas: 500 placed a second, goal 500 .. met');
  expect(text).toContain('no port is promised twice: not 1 times, node-1:20000 .. MISSED');
  expect(text).toContain('Kafka 0.50, Postgres 1.25');
});
