import { describe, expect, it } from 'vitest';
import { etaOf } from './fairness.js';
import { readWrk } from './load.js';
import { goalsOf, printedGateway, type Results } from './report.js';
import { RULES, type Rule, type TailMeasured, type TailRound } from './tail.js';
import { type Measured, SIDES, type SideName } from './throughput.js';

const round = { requests: 1_000, perSecond: 1_000, p50Ms: 1, p99Ms: 2, failed: 0, cpuUs: 20 };
const measured = (side: SideName, ...perSecond: readonly number[]): Measured => ({
  ...{ cores: 1, size: '200 B', side },
  rounds: perSecond.map((one) => ({ ...round, perSecond: one })),
});
const tailOf = (rule: Rule, more: Partial<TailRound> = {}): readonly TailMeasured[] =>
  (['stalls', 'fails'] as const).map((trouble) => ({
    ...{ rule, trouble },
    rounds: [{ p50Ms: 20, p99Ms: 100, errors: 0, loweredMs: 500, ...more }],
  }));
const tail = (ours: Partial<TailRound> = {}): readonly TailMeasured[] => [
  ...tailOf(RULES.least),
  ...tailOf(RULES.random, { p99Ms: 150 }),
  ...tailOf(RULES.ours, ours),
];
const NONE = { throughput: [], fairness: [], tail: [] };
const areMet = (results: Partial<Omit<Results, 'goals'>>) =>
  goalsOf({ ...NONE, ...results }).map(({ isMet }) => isMet);

describe('goals', () => {
  it('compare ours with HAProxy alone round by round: a slow minute of the machine is both sides', () => {
    const alone = measured(SIDES.alone, 1_000, 500, 800);
    expect(areMet({ throughput: [alone, measured(SIDES.ours, 960, 480, 770)] })).toEqual([true]);
    expect(areMet({ throughput: [alone, measured(SIDES.ours, 900, 470, 900)] })).toEqual([false]);
    const failing = { ...measured(SIDES.ours, 1_000), rounds: [{ ...round, failed: 1 }] };
    expect(areMet({ throughput: [measured(SIDES.alone, 1_000), failing] })).toEqual([false]);
  });

  it('compare ours with HAProxy by hand likewise, where that was measured', () => {
    const [alone, byHand] = [measured(SIDES.alone, 1_000), measured(SIDES.byHand, 800)];
    expect(areMet({ throughput: [alone, byHand, measured(SIDES.ours, 780)] })).toEqual([false, true]);
    expect(areMet({ throughput: [alone, byHand, measured(SIDES.ours, 750)] })).toEqual([false, false]);
  });

  it('of the tail are each missed by what is worse than it may be', () => {
    expect(areMet({ tail: tail() })).toEqual([true, true, true, true]);
    expect(areMet({ tail: tail({ p99Ms: 110 }) })).toEqual([false, true, true, true]);
    expect(areMet({ tail: tail({ p99Ms: 125 }) })).toEqual([false, false, true, true]);
    expect(areMet({ tail: tail({ errors: 0.001 }) })).toEqual([true, true, false, true]);
    expect(areMet({ tail: tail({ loweredMs: undefined }) })).toEqual([true, true, true, false]);
  });

  it('of fairness are asked of ours alone', () => {
    const one = { weights: [100, 50], counts: [2_000, 1_000] };
    const fairness = [
      { ...one, side: SIDES.ours, eta: 1 },
      { ...one, side: SIDES.seed, eta: 0.9 },
    ];
    expect(areMet({ fairness })).toEqual([true]);
    const text = printedGateway({ ...NONE, fairness, goals: goalsOf({ ...NONE, fairness }) });
    expect(text).toContain('| 100, 50 | Slipway | 2000, 1000 | 1.0000 |');
    expect(text).toContain('eta 1.0000, goal 0.995 .. met');
  });
});

it('etaOf is 1 where shares are as the weights, and 0 where one gets nothing', () => {
  expect(etaOf([200, 100, 10], [100, 50, 5])).toBe(1);
  expect(etaOf([200, 90, 10], [100, 50, 5])).toBe(0.9);
  expect(etaOf([300, 0], [1, 1])).toBe(0);
});

describe('readWrk', () => {
  const text = `Running 2s test @ http://127.0.0.1:1/200
  1 threads and 64 connections
  Latency Distribution
     50%  812.00us
     75%    1.02ms
     90%    1.61ms
     99%    1.20s
  81234 requests in 2.00s, 33.10MB read
Requests/sec:  40612.51
Transfer/sec:     16.55MB
`;
  it('reads its figures, in milliseconds', () => {
    expect(readWrk(text)).toEqual({
      ...{ requests: 81_234, perSecond: 40_612.51, p50Ms: 0.812, p99Ms: 1_200, failed: 0 },
    });
  });

  it('counts answers that are no success and connections that failed; other output is an error', () => {
    const errors = '  Socket errors: connect 1, read 2, write 0, timeout 3\n  Non-2xx or 3xx responses: 4\n';
    expect(readWrk(text.replace('Requests/sec', `${errors}Requests/sec`)).failed).toBe(10);
    expect(() => readWrk('unable to connect')).toThrow('unable to connect');
  });
});
