import { expect, it } from 'vitest';
import { configJsonSchema } from './config-json-schema.js';
import { inputProblems, problemText } from './input-problems.js';
import { scalesCount, scalesToZero, scalingPolicySchema } from './scaling-policy.js';
import { parse, problemsOf } from './service-config.testing.js';

const cpu = { targets: { cpu: 70 } };
const wrongIn = (policy: unknown) => inputProblems(scalingPolicySchema.safeParse(policy).error?.issues ?? []);

it('a policy that says only what it must has a default for everything else', () => {
  expect(scalingPolicySchema.parse({ max: 10, ...cpu })).toEqual({
    ...{ min: 1, max: 10, targets: { cpu: 70 }, windows: [], prediction: 'off' },
    out: { step: 4, percent: 100, cooldownMs: 0, stabilisationMs: 0, tolerance: 0.1 },
    in: { step: 1, percent: 10, cooldownMs: 30_000, stabilisationMs: 60_000, tolerance: 0.1 },
    panic: { percent: 200, windowMs: 6_000 },
  });
});

it('parsed again, a policy is the same', () => {
  const whole = scalingPolicySchema.parse({
    ...{ min: 0, max: 3, targets: { score: {}, p95Ms: 200 }, in: { step: 2 }, prediction: 'advise' },
    windows: [{ cron: '0 8 * * 1-5', timezone: 'Europe/Berlin', durationMs: 36_000_000, min: 2 }],
  });
  expect(scalingPolicySchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
});

it('with min 0 alone a service is started by requests and stopped when it is idle', () => {
  const policy = scalingPolicySchema.parse({ min: 0, max: 1 });
  expect(policy).toMatchObject({ idleMs: 300_000, targets: {} });
  expect(scalesToZero(policy)).toBe(true);
});

it('limits alone need no count: replicas says how many run, and nothing scales them', () => {
  const policy = scalingPolicySchema.parse({ vertical: { cpu: { min: 0.2, max: 1 } } });
  expect(policy).toMatchObject({ vertical: { cpu: { min: 0.2, max: 1 }, policy: 'slo' }, targets: {} });
  expect(scalesCount(policy)).toBe(false);
  expect(scalingPolicySchema.parse(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
  expect(scalesCount(scalingPolicySchema.parse({ max: 2, ...cpu, vertical: policy.vertical }))).toBe(true);
});

it('a window may be the only time when none is wanted', () => {
  const windows = [{ cron: '0 22 * * *', durationMs: 3_600_000, min: 0 }];
  const policy = scalingPolicySchema.parse({ max: 4, windows });
  expect(policy).toMatchObject({ min: 1, idleMs: 300_000 });
  expect(scalesToZero(policy)).toBe(true);
});

it('the seed’s thresholds are those of a score without any', () => {
  expect(scalingPolicySchema.parse({ max: 2, targets: { score: {} } }).targets.score).toEqual({
    ...{ high: 55, low: 80, critical: 20 },
  });
});

it.each<[object, string]>([
  [{ ...cpu }, 'max'],
  [{ max: 51, ...cpu }, 'max'],
  [{ max: 0, min: 0 }, 'max'],
  [{ min: 3, max: 2, ...cpu }, 'min'],
  [{ vertical: {} }, 'vertical.cpu'],
  [{ vertical: { cpu: { min: 2, max: 1 } } }, 'vertical.cpu.min'],
  [{ vertical: { cpu: { min: 0, max: 1 } } }, 'vertical.cpu.min'],
  [{ vertical: { memoryMiB: { min: 64.5, max: 128 } } }, 'vertical.memoryMiB.min'],
  [{ vertical: { cpu: { min: 1, max: 1 }, policy: 'magic' } }, 'vertical.policy'],
  [{ vertical: { cpu: { min: 1, max: 1 } }, max: 3 }, 'targets'],
  [{ vertical: { cpu: { min: 1, max: 1 } }, ...cpu }, 'max'],
  [{ max: 2 }, 'targets'],
  [{ max: 2, targets: {} }, 'targets'],
  [{ max: 2, targets: { cpu: 0 } }, 'targets.cpu'],
  [{ max: 2, targets: { cpu: 101 } }, 'targets.cpu'],
  [{ max: 2, targets: { cpu: 70, rps: 1 } }, 'targets.rps'],
  [{ max: 2, targets: { score: { high: 80, low: 80 } } }, 'targets.score.high'],
  [{ max: 2, targets: { score: { critical: 60 } } }, 'targets.score.high'],
  [{ max: 2, targets: { kafkaLag: { group: 'a', topic: 'b c', perInstance: 1 } } }, 'targets.kafkaLag.topic'],
  [
    { max: 2, targets: { prometheus: { url: 'http://ada:geheim@prom', query: 'up', perInstance: 1 } } },
    'targets.prometheus.url',
  ],
  [
    { max: 2, targets: { prometheus: { url: 'http://prom/?token=geheim', query: 'up', perInstance: 1 } } },
    'targets.prometheus.url',
  ],
  [
    { max: 2, targets: { prometheus: { url: 'http://prom/#graph', query: 'up', perInstance: 1 } } },
    'targets.prometheus.url',
  ],
  [
    { max: 2, targets: { prometheus: { url: 'file:///etc', query: 'up', perInstance: 1 } } },
    'targets.prometheus.url',
  ],
  [{ max: 2, ...cpu, idleMs: 5_000 }, 'idleMs'],
  [{ max: 2, ...cpu, prediction: 'maybe' }, 'prediction'],
  [{ max: 2, ...cpu, out: { percent: 1_001 } }, 'out.percent'],
  [{ max: 2, ...cpu, in: { tolerance: 1.1 } }, 'in.tolerance'],
  [{ max: 2, ...cpu, panic: { percent: 100 } }, 'panic.percent'],
  [{ max: 2, windows: [{ cron: '0 8 * * *', durationMs: 60_000 }] }, 'windows.0'],
  [{ max: 2, windows: [{ cron: '0 8 * * *', durationMs: 60_000, min: 3 }] }, 'windows.0.min'],
  [{ min: 2, max: 2, windows: [{ cron: '0 8 * * *', durationMs: 60_000, max: 1 }] }, 'windows.0.max'],
  [{ max: 2, windows: [{ cron: '0 8 * *', durationMs: 60_000, min: 1 }] }, 'windows.0.cron'],
  [{ max: 2, windows: [{ cron: '0 0 8 * * *', durationMs: 60_000, min: 1 }] }, 'windows.0.cron'],
  [{ max: 2, windows: [{ cron: '99 8 * * *', durationMs: 60_000, min: 1 }] }, 'windows.0.cron'],
  [{ max: 2, windows: [{ cron: '? 8 * * *', durationMs: 60_000, min: 1 }] }, 'windows.0.cron'],
  [{ max: 2, windows: [{ cron: '0 8 30 2 *', durationMs: 60_000, min: 1 }] }, 'windows.0.cron'],
  [{ max: 2, windows: [{ cron: '2026-01-01T00:00:00', durationMs: 60_000, min: 1 }] }, 'windows.0.cron'],
  [
    { max: 2, windows: [{ cron: '0 8 * * *', timezone: 'Europe/Berln', durationMs: 60_000, min: 1 }] },
    'windows.0.timezone',
  ],
  [
    { max: 2, windows: [{ cron: '0 8 * * *', timezone: '+01:00', durationMs: 60_000, min: 1 }] },
    'windows.0.timezone',
  ],
])('%j is refused by the name of the field', (policy, field) => {
  expect(wrongIn(policy).map((problem) => problem.field)).toEqual([field]);
});

it('a misspelt "targets" was two problems, of which one said that nothing scales', () => {
  expect(wrongIn({ max: 3, targetz: { cpu: 70 } })).toEqual([
    { field: 'targetz', expected: 'unknown field; check its spelling' },
  ]);
  expect(wrongIn({ maximum: 3, ...cpu })).toMatchObject([{ field: 'maximum' }]);
  // Other things that are wrong are said at once.
  expect(wrongIn({ max: 3, min: 4, targetz: {} }).map(({ field }) => field)).toEqual(['targetz', 'min']);
});

it.each([
  ['61 8 * * *', 'expected another minute (0-59)'],
  ['0 25 * * *', 'expected another hour (0-23)'],
  ['0 8 32 13 *', 'expected another day of the month (1-31), and another month (1-12)'],
  ['0 8 * * 9', 'expected another day of the week (0-7, 0 and 7 are Sunday)'],
  ['*/0 8 * * *', 'expected another minute (0-59)'],
  ['0 8 * *', 'expected five fields of cron such as "0 8 * * 1-5"'],
])('cron %j did not say which of its fields is wrong', (cron, expected) => {
  const window = { cron, durationMs: 60_000, min: 1 };
  const problems = wrongIn({ max: 2, windows: [window] });
  expect(problems).toEqual([{ field: 'windows.0.cron', expected }]);
  expect(problemText(problems, 'the policy')).toBe(`windows[0].cron: ${expected}`);
});

it('what is wrong is said without the value', () => {
  const url = 'http://ada:geheim@prom';
  const said = wrongIn({
    ...{ max: 2, targets: { prometheus: { url, query: 'up', perInstance: 1 } } },
    windows: [{ cron: 'geheim', timezone: 'geheim', durationMs: 60_000, min: 1 }],
  });
  expect(said).toHaveLength(3);
  expect(JSON.stringify(said)).not.toContain('geheim');
});

const web = { runtime: 'node', port: 3000 };

it('config.json declares a policy', () => {
  expect(parse({ ...web, scaling: { max: 3, ...cpu } })).toMatchObject({ scaling: { min: 1, max: 3 } });
  expect(parse(web)).not.toHaveProperty('scaling');
});

it.each<[object, string]>([
  [{ ...web, scaling: { max: 'many', ...cpu } }, 'scaling.max'],
  [{ ...web, scaling: { max: 2, maximum: 3, ...cpu } }, 'scaling.maximum'],
  [{ ...web, scaling: { vertical: { cpu: { min: 0.5, max: 1 } } } }, 'scaling.vertical.cpu.min'],
  [{ ...web, scaling: { vertical: { memoryMiB: { min: 32, max: 64 } } } }, 'scaling.vertical.memoryMiB.max'],
  [{ runtime: 'node', scaling: { max: 2, targets: { concurrency: 4 } } }, 'scaling.targets.concurrency'],
  [{ runtime: 'node', scaling: { min: 0, max: 2, ...cpu } }, 'scaling.min'],
  [{ ...web, volumes: [{ name: 'data', path: '/data' }], scaling: { max: 2, ...cpu } }, 'scaling.max'],
])('%j in config.json is refused by the name of the field', (config, field) => {
  expect(problemsOf(config).map((problem) => problem.field)).toEqual([field]);
});

it('limits alone go with volumes and with a worker', () => {
  const scaling = { vertical: { cpu: { min: 0.1, max: 1 }, memoryMiB: { min: 64, max: 512 } } };
  expect(problemsOf({ runtime: 'node', volumes: [{ name: 'data', path: '/data' }], scaling })).toEqual([]);
});

it('a worker that has a queue may have no instance', () => {
  const kafkaLag = { group: 'orders', topic: 'orders', perInstance: 1_000 };
  expect(problemsOf({ runtime: 'node', scaling: { min: 0, max: 2, targets: { kafkaLag } } })).toEqual([]);
});

it('editors are shown what each field of a policy means', () => {
  const { properties = {} } = configJsonSchema().else as {
    readonly properties?: Readonly<Record<string, unknown>>;
  };
  const described = { description: expect.any(String) as string };
  expect(properties['scaling']).toMatchObject({
    properties: {
      vertical: { properties: { cpu: described } },
      targets: { properties: { p95Ms: described } },
      in: { properties: { step: described } },
    },
  });
});
