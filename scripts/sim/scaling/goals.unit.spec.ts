import { expect, it } from 'vitest';
import { loadGoals, printedGoal, stepGoal } from './goals.js';
import { step } from './loads.js';
import { OVER, scalersFor } from './policies.js';
import { runScaler } from './run.js';

const shape = { workers: 4, serviceMs: 100, startMs: 2_000 };
const runs = scalersFor(shape).map((scaler) => runScaler(step, scaler(), { shape, over: OVER, seed: 3 }));

it('a step to three times the load is relieved within 5 s, sooner than by the peers', () => {
  expect(stepGoal(runs).map(({ isMet }) => isMet)).toEqual([true]);
  const [own, , , hpa, seed] = runs;
  expect(own?.secondsOver).toBeLessThan(Math.min(hpa?.secondsOver ?? 0, seed?.secondsOver ?? 0));
});

it('says which goal is missed', () => {
  const late = runs.map((run) => ({
    ...run,
    secondsOver: run.scaler.startsWith('Slipway') ? 999 : run.secondsOver,
  }));
  expect(loadGoals('step', late).map(printedGoal)[0]).toMatch(
    /^goal: step: 999 s over, at most \d+ .. MISSED$/,
  );
});

it('a run is the same for the same seed', () => {
  const again = scalersFor(shape).map((scaler) => runScaler(step, scaler(), { shape, over: OVER, seed: 3 }));
  expect(again).toEqual(runs);
});
