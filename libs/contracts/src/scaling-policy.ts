import { z } from 'zod';
import { MOST_INSTANCES, printable, topicNameSchema } from './names.js';
import { verticalSchema } from './scaling-policy.vertical.js';
import { cronProblem, isTimeZone } from './scaling-windows.js';

const MOST_WINDOWS = 20;
const LONGEST_QUERY = 2_000;
/** One minute, and one week: a longer window is no exception. */
const SHORTEST_WINDOW_MS = 60_000;
const LONGEST_WINDOW_MS = 604_800_000;
/** One hour, as long as Kubernetes' HPA may stabilise. */
const LONGEST_PAUSE_MS = 3_600_000;
/** One week. */
const LONGEST_IDLE_MS = 604_800_000;
/** KEDA's `cooldownPeriod`: so long after the last activity it scales to zero. */
const USUAL_IDLE_MS = 300_000;

const count = () => z.int().min(0).max(MOST_INSTANCES);
const percent = () => z.number().min(1).max(100);

/** The thresholds of RustyBalancer's deployment agent: 100 is idle, so more instances are added below `high`. */
const scoreSchema = z
  .strictObject({
    high: z.number().min(0).max(100).default(55).describe('Below this mean score instances are added.'),
    low: z.number().min(0).max(100).default(80).describe('Above this mean score instances are taken away.'),
    critical: z
      .number()
      .min(0)
      .max(100)
      .default(20)
      .describe('One instance below this score is enough to add another.'),
  })
  .refine(({ critical, high, low }) => critical <= high && high < low, {
    path: ['high'],
    error: 'expected critical <= high < low: 100 is an idle instance',
  });

const isPrometheus = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  // Policies are shown to whoever may read, so none of the places of a login are taken.
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '');
};

const targetsSchema = z.strictObject(
  {
    score: scoreSchema
      .describe('By the scores of its instances, 0 to 100, where 100 is idle. `{}` takes all thresholds.')
      .optional(),
    cpu: percent()
      .describe(
        'Percent of `resources.cpu`, the mean of its instances. With `vertical.cpu`, of its `max`: limits go up first.',
      )
      .optional(),
    memory: percent()
      .describe(
        'Percent of `resources.memoryMiB`, the mean of its instances. With `vertical.memoryMiB`, of its `max`.',
      )
      .optional(),
    requestsPerSecond: z
      .number()
      .min(0.01)
      .max(1_000_000)
      .describe('Requests a second, for each instance.')
      .optional(),
    concurrency: z
      .number()
      .min(0.1)
      .max(100_000)
      .describe('Requests in flight and waiting, for each instance.')
      .optional(),
    p95Ms: z
      .int()
      .min(1)
      .max(600_000)
      .describe('Milliseconds within which 95 % of the answers come, as the gateway sees them.')
      .optional(),
    kafkaLag: z
      .strictObject({
        group: printable(255).describe('The consumer group.'),
        topic: topicNameSchema.describe('The topic that it reads.'),
        perInstance: z.int().min(1).max(1_000_000_000).describe('Messages behind, for each instance.'),
      })
      .describe('How far a consumer group is behind.')
      .optional(),
    prometheus: z
      .strictObject({
        url: z
          .string()
          .max(500)
          .refine(isPrometheus, 'expected an http:// or https:// URL without a login, ? and #')
          .describe('The server, without `/api/v1/query`.'),
        query: printable(LONGEST_QUERY).describe('A PromQL query with one number as its result.'),
        perInstance: z.number().min(0.000001).max(1e12).describe('Of that number, for each instance.'),
      })
      .describe('A query against a Prometheus.')
      .optional(),
  },
  'expected an object such as { "cpu": 70 }',
);

const windowSchema = z
  .strictObject({
    cron: z
      .string()
      .max(100)
      .superRefine((cron, context) => {
        const message = cronProblem(cron);
        if (message !== undefined) context.addIssue({ code: 'custom', message, input: undefined });
      })
      .describe('When it opens: minute, hour, day of the month, month, day of the week.'),
    timezone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'expected a time zone such as Europe/Berlin')
      .default('UTC')
      .describe('The time zone of `cron`.'),
    durationMs: z
      .int()
      .min(SHORTEST_WINDOW_MS)
      .max(LONGEST_WINDOW_MS)
      .describe('Milliseconds that it stays open.'),
    min: count().describe('Instead of `scaling.min`.').optional(),
    max: count().min(1).describe('Instead of `scaling.max`.').optional(),
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, 'expected min, max or both');

const direction = (usual: {
  readonly step: number;
  readonly percent: number;
  readonly cooldownMs: number;
  readonly stabilisationMs: number;
}) =>
  z
    .strictObject({
      step: z
        .int()
        .min(1)
        .max(MOST_INSTANCES)
        .default(usual.step)
        .describe('One change is of this many instances, or of `percent`: the larger of both counts.'),
      percent: z
        .number()
        .min(0)
        .max(1_000)
        .default(usual.percent)
        .describe('Of the instances that are wanted.'),
      cooldownMs: z
        .int()
        .min(0)
        .max(LONGEST_PAUSE_MS)
        .default(usual.cooldownMs)
        .describe('Milliseconds from one change in this direction to the next.'),
      stabilisationMs: z
        .int()
        .min(0)
        .max(LONGEST_PAUSE_MS)
        .default(usual.stabilisationMs)
        .describe('Milliseconds for which the figures must have asked for the change.'),
      tolerance: z
        .number()
        .min(0)
        .max(1)
        .default(0.1)
        .describe('So far a figure may be from its target without a change; 0.1 is 10 %.'),
    })
    .prefault({});

const panicSchema = z
  .strictObject({
    percent: z
      .number()
      .min(110)
      .max(1_000)
      .default(200)
      .describe('Of what the instances can take by the targets: from there on nothing holds growth back.'),
    windowMs: z
      .int()
      .min(1_000)
      .max(LONGEST_PAUSE_MS)
      .default(6_000)
      .describe('Milliseconds over which that is measured.'),
  })
  .prefault({});

/** The members of a policy, for whoever lists the fields of config.json. */
export const scalingFields = z.strictObject({
  min: count().default(1).describe('The fewest instances; 0 is allowed.'),
  max: count()
    .min(1)
    .describe('The most instances. Only with `vertical` alone it may be left out.')
    .optional(),
  targets: targetsSchema.default({}).describe('What it scales by. Of several, the highest count wins.'),
  windows: z
    .array(windowSchema)
    .max(MOST_WINDOWS)
    .default([])
    .describe('Times with bounds of their own. Of several that are open, the highest `min` and `max` count.'),
  out: direction({ step: 4, percent: 100, cooldownMs: 0, stabilisationMs: 0 }).describe(
    'How instances are added.',
  ),
  in: direction({ step: 1, percent: 10, cooldownMs: 30_000, stabilisationMs: 60_000 }).describe(
    'How instances are taken away.',
  ),
  panic: panicSchema.describe('When a rise is so steep that nothing holds it back.'),
  idleMs: z
    .int()
    .min(1_000)
    .max(LONGEST_IDLE_MS)
    .optional()
    .describe('With `min` 0: milliseconds without a request after which no instance is wanted.'),
  prediction: z
    .enum(['off', 'advise', 'on'])
    .default('off')
    .describe('Whether instances are added ahead of what the seasons of its load lead to expect.'),
  vertical: verticalSchema
    .describe(
      'How the limits of its instances follow what they use. With it alone, `replicas` says how many run.',
    )
    .optional(),
});

type Fields = z.output<typeof scalingFields>;

interface PolicyProblem {
  readonly path: readonly (string | number)[];
  readonly expected: string;
}

/** Zero may be wanted at some time. */
const reachesZero = ({ min, windows }: Pick<Fields, 'min' | 'windows'>): boolean =>
  Math.min(min, ...windows.map((window) => window.min ?? min)) === 0;

type Counted = Pick<Fields, 'min' | 'targets' | 'windows'>;

/** Something says by which figures, or at which times, there are more or fewer instances. */
const isCounted = ({ min, targets, windows }: Counted): boolean =>
  Object.values(targets).some((target) => target !== undefined) ||
  windows.length > 0 ||
  reachesZero({ min, windows });

/** With `vertical` alone the count is nobody's but `replicas`', so its bounds are those of every service. */
const isUnbounded = ({ min, max = MOST_INSTANCES }: Pick<Fields, 'min' | 'max'>): boolean =>
  min === 1 && max === MOST_INSTANCES;

function policyProblems(policy: Fields): readonly PolicyProblem[] {
  const { min, windows, idleMs, vertical } = policy;
  if (policy.max === undefined && (vertical === undefined || isCounted(policy)))
    return [{ path: ['max'], expected: 'expected the most instances; it is missing' }];
  const { max = MOST_INSTANCES } = policy;
  const problems: PolicyProblem[] = [];
  if (min > max) problems.push({ path: ['min'], expected: 'expected at most max' });
  windows.forEach((window, index) => {
    if ((window.min ?? min) > (window.max ?? max))
      problems.push({
        path: ['windows', index, window.min === undefined ? 'max' : 'min'],
        expected: 'expected min to be at most max, also with the values of the policy itself',
      });
  });
  if (idleMs !== undefined && !reachesZero(policy))
    problems.push({ path: ['idleMs'], expected: 'expected min 0 beside it: no other service becomes idle' });
  if (!isCounted(policy) && (vertical === undefined || !isUnbounded(policy)))
    problems.push({
      path: ['targets'],
      expected:
        'expected at least one, such as { "cpu": 70 }: without windows and with min above 0, nothing scales the count',
    });
  return problems;
}

/**
 * How a service scales: `scaling` of config.json, and the body of the API. Everything but `max` has a default,
 * and with `vertical` alone `max` has one, too.
 *
 * Sources of the defaults: `score` is RustyBalancer's HIGH, LOW and CRITICAL. `out` and both tolerances are Kubernetes' HPA:
 * the larger of 4 and 100 %, at once. `in` is slower than HPA, which takes any number away after 300 s: one or 10 % each
 * 30 s, once 60 s (Knative's stable window) have asked for it. `panic` is Knative's: 200 % over 6 s. `idleMs` is KEDA's
 * cooldownPeriod, 300 s, where `min` is 0. A cooldown makes a rate of step and percent: so many instances a cooldown.
 */
export const scalingPolicySchema = scalingFields
  .superRefine((policy, context) => {
    // What is missing may stand there under a name that is wrong: one problem, not two.
    const isMisspelt = context.issues.some(({ code, path }) => code === 'unrecognized_keys' && !path?.length);
    for (const { path, expected } of policyProblems(policy))
      if (!isMisspelt || (path[0] !== 'targets' && path[0] !== 'max'))
        context.addIssue({ code: 'custom', path: [...path], message: expected, input: undefined });
  })
  .transform((policy) => ({
    ...policy,
    max: policy.max ?? MOST_INSTANCES,
    ...(reachesZero(policy) && { idleMs: policy.idleMs ?? USUAL_IDLE_MS }),
  }));

/** A policy with its defaults filled in. Times in milliseconds. */
export type ScalingPolicy = z.output<typeof scalingPolicySchema>;
/** As people write it. */
export type WrittenScalingPolicy = z.input<typeof scalingPolicySchema>;
export type ScalingTargets = ScalingPolicy['targets'];
export type ScalingWindow = ScalingPolicy['windows'][number];
export type ScalingDirection = ScalingPolicy['out'];

/**
 * Whether the count of instances follows the policy. With `vertical` alone it does not: config.json and people own it then,
 * as without a policy.
 */
export const scalesCount = (policy: Pick<ScalingPolicy, 'min' | 'targets' | 'windows'>): boolean =>
  isCounted(policy);

/** Whether the service may have no instance and still be wanted: its requests are held until one runs. */
export const scalesToZero = (policy: Pick<ScalingPolicy, 'min' | 'windows'>): boolean => reachesZero(policy);
