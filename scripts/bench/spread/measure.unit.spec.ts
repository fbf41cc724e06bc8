import { expect, it } from 'vitest';
import { printedSpread } from './measure.js';
import { imbalanceOf } from './node-load.js';

const OPTIONS = { replicas: 30, rounds: 3, settleSeconds: 1 };

it('the goals are met where Slipway is better in both, by the median', () => {
  const slipway = { ms: [900, 1_000, 5_000], imbalance: [0.1, 0.1, 0.4] };
  const swarm = { ms: [1_100, 1_100, 1_100], imbalance: [0.3, 0.3, 0.3] };
  const perNode = [[10, 10]] as const;
  const { text, areMet } = printedSpread({ slipway, swarm, perNode }, OPTIONS);
  expect(areMet).toBe(true);
  expect(text).toContain('30 replicas: Slipway 1000 ms (900-5000), Docker Swarm 1100 ms (1100-1100)');
  expect(text).toContain('Slipway 100 thousandths of a core (100-400)');
  const even = { ...slipway, imbalance: swarm.imbalance };
  expect(printedSpread({ slipway: even, swarm, perNode }, OPTIONS).areMet).toBe(false);
});

it('nodes that are equally busy have no imbalance', () => {
  expect(imbalanceOf([0.4, 0.4, 0.4])).toBeCloseTo(0);
  expect(imbalanceOf([0, 1])).toBe(0.5);
});
