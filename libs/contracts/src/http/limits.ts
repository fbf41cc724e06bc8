import { z } from 'zod';
import { printable, spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { RESCALING_POLICIES } from '../scaling-policy.vertical.js';
import { answeredTime, pageOf, pageQuery } from './conventions.js';
import { defineRoute } from './route.js';

/** What has a limit, by the name under which the API gives it. CPU in cores, memory in MiB, rates in bytes a second. */
export const LIMIT_NAMES = [
  'cpu',
  'memoryMiB',
  'diskReadBytesPerSecond',
  'diskWriteBytesPerSecond',
  'networkBytesPerSecond',
] as const;
export type ShownLimit = (typeof LIMIT_NAMES)[number];

const LEAST: Readonly<Record<ShownLimit, number>> = {
  cpu: 0.01,
  memoryMiB: 6,
  diskReadBytesPerSecond: 1,
  diskWriteBytesPerSecond: 1,
  networkBytesPerSecond: 1,
};

const amountOf = (name: ShownLimit) => (name === 'cpu' ? z.number() : z.int()).min(LEAST[name]);
const boundsOf = (name: ShownLimit) =>
  z
    .strictObject({ min: amountOf(name), max: amountOf(name) })
    .refine(({ min, max }) => min <= max, { path: ['min'], error: 'expected at most max' })
    .optional();

/** At least and at most, of each limit that may change. */
export const limitBoundsSchema = z.strictObject({
  cpu: boundsOf('cpu').describe('Cores.'),
  memoryMiB: boundsOf('memoryMiB').describe('MiB.'),
  diskReadBytesPerSecond: boundsOf('diskReadBytesPerSecond').describe('Bytes a second.'),
  diskWriteBytesPerSecond: boundsOf('diskWriteBytesPerSecond').describe('Bytes a second.'),
  networkBytesPerSecond: boundsOf('networkBytesPerSecond').describe('Bytes a second that come in.'),
});

export type LimitBounds = z.output<typeof limitBoundsSchema>;

const amountsSchema = z.strictObject({
  cpu: amountOf('cpu').optional(),
  memoryMiB: amountOf('memoryMiB').optional(),
  diskReadBytesPerSecond: amountOf('diskReadBytesPerSecond').optional(),
  diskWriteBytesPerSecond: amountOf('diskWriteBytesPerSecond').optional(),
  networkBytesPerSecond: amountOf('networkBytesPerSecond').optional(),
});

/** What somebody says of limits, in place of `scaling.vertical` of config.json. */
export const limitsSaidSchema = z.strictObject({
  ...limitBoundsSchema.shape,
  policy: z.enum(RESCALING_POLICIES).optional().describe('What decides; `slo` where nobody says.'),
  guarded: z.boolean().optional().describe('`false`: nothing is changed until it is guarded again.'),
  at: amountsSchema
    .optional()
    .describe('Limits that are set to these amounts, whatever is used. With policy `fixed` alone.'),
});

export type LimitsSaid = z.output<typeof limitsSaidSchema>;

/** One limit of one container. Amounts as their names say. */
export const shownResourceSchema = z.looseObject({
  /** What the kernel applies; absent where it is not known, or where there is no limit. */
  current: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  /** Absent: no figure. */
  usage: z.number().optional(),
  /** Whether it may be changed. */
  guard: z.boolean(),
});

const resourcesSchema = z.record(z.string(), shownResourceSchema);

export const shownContainerSchema = z.looseObject({
  /** The name of the instance; of what is none of Slipway's, its id or path. */
  id: z.string(),
  host: z.string(),
  appId: z.string().optional(),
  service: z.string().optional(),
  guarded: z.boolean(),
  /** Absent where nobody asked that it be rescaled. */
  policy: z.string().optional(),
  resources: resourcesSchema,
  /** The CPUs that it may use; absent where that is not known. */
  cpuset: z.string().optional(),
  /** Why a limit is as it is: the last that was decided, by limit. */
  because: z.record(z.string(), z.string()).optional(),
});

export type ShownContainer = z.infer<typeof shownContainerSchema>;

export const serviceLimitsSchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  /** What counts; absent where its limits are not changed. */
  bounds: limitBoundsSchema.loose().optional(),
  policy: z.string().optional(),
  guarded: z.boolean(),
  /** Who said so: `api` until it is taken back. */
  setBy: z.enum(['config.json', 'api', 'nobody']),
  said: limitsSaidSchema.loose().optional(),
  /** With what new instances start; absent where nobody has said. */
  starts: z.looseObject({ cpu: z.number(), memoryMiB: z.number() }).optional(),
  containers: z.array(shownContainerSchema),
  /** The last 20 times that somebody said something, the newest first. */
  history: z.array(
    z.looseObject({
      revision: z.number(),
      at: answeredTime,
      principal: z.string(),
      reason: z.string().optional(),
      /** Absent where it was taken back. */
      said: limitsSaidSchema.loose().optional(),
    }),
  ),
});

export type ServiceLimits = z.infer<typeof serviceLimitsSchema>;

/** What a limit was decided to be, and why. */
export const limitDecisionSchema = z.looseObject({
  container: z.string(),
  host: z.string(),
  limit: z.string(),
  /** When it was decided. What changed nothing is one item for as long as one reason goes on. */
  at: answeredTime,
  /** When it was last so; as `at` where the limit changed. */
  until: answeredTime,
  times: z.number(),
  from: z.number(),
  /** As `from` where nothing changed. */
  to: z.number(),
  policy: z.string(),
  /** What decided, such as `target`, `max` or `wait`. */
  constraint: z.string(),
  /** The same in one line. */
  text: z.string(),
  /** What was asked for, before bounds and room. */
  raw: z.number(),
  usage: z.number().optional(),
  bounds: z.looseObject({ min: z.number(), max: z.number() }),
  /** The rule or formula. */
  by: z.string().optional(),
  fence: z.number(),
  /** Of the request of limits; absent where nothing was asked for. */
  request: z.string().optional(),
  /** What the kernel held afterwards; absent until it was answered. */
  applied: z.number().optional(),
  refused: z.looseObject({ code: z.string(), why: z.string() }).optional(),
});

export type LimitDecision = z.infer<typeof limitDecisionSchema>;

/** `up`, `down`: the limit changed. `held`: it did not. `refused`: the node did not apply it. */
export const LIMIT_OUTCOMES = ['up', 'down', 'held', 'refused'] as const;

const ofService = z.strictObject({ appId: spelledAppIdSchema, service: spelledServiceNameSchema });
const limitsPath = '/v1/apps/{appId}/services/{service}/limits';
const why = z.strictObject({ reason: printable(500).optional() });
const answered = { 200: { description: 'Its limits.', schema: serviceLimitsSchema } };

/** Limits of services, over the rescaler's HTTP. */
export const limitRoutes = {
  limits: defineRoute({
    id: 'limits',
    method: 'GET',
    path: limitsPath,
    summary: 'The limits of a service: bounds, who said so, and what each instance has and uses.',
    role: 'read',
    params: ofService,
    answers: answered,
  }),
  setLimits: defineRoute({
    id: 'setLimits',
    method: 'PUT',
    path: limitsPath,
    summary: 'Says within which bounds limits follow use, in place of config.json; or sets them to amounts.',
    role: 'admin',
    params: ofService,
    query: why,
    body: limitsSaidSchema,
    answers: answered,
  }),
  takeBackLimits: defineRoute({
    id: 'takeBackLimits',
    method: 'DELETE',
    path: limitsPath,
    summary: 'Takes back what was said: config.json counts again.',
    role: 'admin',
    params: ofService,
    query: why,
    answers: answered,
  }),
  guardLimits: defineRoute({
    id: 'guardLimits',
    method: 'PUT',
    path: `${limitsPath}/guard`,
    summary: 'Has limits of a service changed, or left as they are, until somebody says otherwise.',
    role: 'admin',
    params: ofService,
    query: why,
    body: z.strictObject({ guarded: z.boolean().describe('`false`: they stay as they are.') }),
    answers: answered,
  }),
  limitDecisions: defineRoute({
    id: 'limitDecisions',
    method: 'GET',
    path: `${limitsPath}/decisions`,
    summary: 'What limits of the service were decided to be, and why, the newest first.',
    role: 'read',
    params: ofService,
    query: z.strictObject({
      outcome: z.enum(LIMIT_OUTCOMES).optional().describe('`held`: nothing changed.'),
      name: z.enum(LIMIT_NAMES).optional().describe('Of one limit alone.'),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page of decisions.', schema: pageOf(limitDecisionSchema) } },
  }),
};
