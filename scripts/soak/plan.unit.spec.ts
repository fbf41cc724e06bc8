import { expect, it } from 'vitest';
import { planSoak } from './plan.js';

const plan = planSoak({ requests: 1_000, duplicates: 0.2, seed: 3 });
const tokens = plan.sends.map(({ token }) => token);

it('a soak of 1,000 requests with a fifth of repeats has 800 tokens, each in its order before its repeats', () => {
  expect(plan.sends).toHaveLength(1_000);
  const firsts = [...new Set(tokens)];
  expect(firsts).toHaveLength(800);
  expect(firsts).toEqual(Array.from({ length: 800 }, (_, n) => `soak-3-${n}`));
});

it('it asks in every mode and expects every outcome', () => {
  expect(new Set(plan.sends.map(({ mode }) => mode))).toEqual(
    new Set(['build-and-run', 'run', 'stop', 'build']),
  );
  expect(new Set(plan.sends.map(({ expected }) => expected))).toEqual(
    new Set(['running', 'built', 'stopped', 'not-running', 'failed']),
  );
});

it('the same seed is the same plan, another is not', () => {
  expect(planSoak({ requests: 1_000, duplicates: 0.2, seed: 3 })).toEqual(plan);
  expect(planSoak({ requests: 1_000, duplicates: 0.2, seed: 4 }).sends[5]).not.toEqual(plan.sends[5]);
});

it('what runs in the end is what was asked for last', () => {
  for (const appId of new Set(plan.sends.map((send) => send.appId))) {
    const own = plan.sends.filter((send, n) => send.appId === appId && tokens.indexOf(send.token) === n);
    const last = own.findLast(({ expected }) => expected === 'running' || expected === 'stopped');
    expect(plan.running.has(appId)).toBe(last?.expected === 'running');
  }
});

it('a run before the first build had to fail, though a build that was asked for later may be done before its turn', () => {
  const early = plan.sends.find(({ orElse }) => orElse.includes('running'));
  expect(early).toMatchObject({ mode: 'run', expected: 'failed' });
  const modes = plan.sends.slice(plan.sends.indexOf(early!)).filter(({ appId }) => appId === early?.appId);
  expect(modes.some(({ mode }) => mode === 'build' || mode === 'build-and-run')).toBe(true);
});
