import { z } from 'zod';
import { spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { answeredTime, pageOf, pageQuery } from './conventions.js';
import { defineRoute } from './route.js';

/** Of the policy, or of its open windows. */
const boundsSchema = z.looseObject({
  min: z.number(),
  max: z.number(),
  /** The cron of the windows that are open. */
  window: z.string().optional(),
});

/** What one target said. */
const targetSaidSchema = z.looseObject({
  /** As it is called in the policy. */
  target: z.string(),
  /** What was measured, as the target is written; absent where nothing was. */
  value: z.number().optional(),
  aim: z.number(),
  /** How many instances it asks for, before any limit; absent where it says nothing. */
  raw: z.number().optional(),
  /** Why it says nothing, or less than it would. */
  missing: z.string().optional(),
});

/** How many instances a service was decided to need, and why. */
export const scalingDecisionSchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  /** When it was decided. What changed nothing is one item for as long as one reason goes on. */
  at: answeredTime,
  /** When it was last so; as `at` where the count changed. */
  until: answeredTime,
  /** How often it was decided. */
  times: z.number(),
  from: z.number(),
  /** As `from` where nothing changed. */
  to: z.number(),
  /** What decided, such as `target`, `max` or `in-cooldown`. */
  constraint: z.string(),
  /** The same in one line. */
  text: z.string(),
  /** What the targets ask for, before any limit. */
  raw: z.number(),
  /** The target that asked for the most. */
  by: z.string().optional(),
  bounds: boundsSchema,
  /** How many instances took requests. */
  ready: z.number(),
  targets: z.array(targetSaidSchema),
  isPanicking: z.boolean(),
  /** The load that was expected soon, as a count of instances. */
  expected: z.looseObject({ count: z.number(), target: z.string(), at: answeredTime }).optional(),
  /** Of the lease under which it was decided. */
  fence: z.number(),
  /** Of the scale request; absent where nothing was asked for. */
  token: z.string().optional(),
  /** Absent until the request was answered. */
  succeeded: z.boolean().optional(),
  /** Why the request failed. */
  error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
});

/** How the scaling of a service stands. */
export const scalingStatusSchema = z.looseObject({
  appId: z.string(),
  appName: z.string(),
  service: z.string(),
  /** How many instances there are to be; absent where nobody has said so yet. */
  wanted: z.number().optional(),
  /** How many run. */
  running: z.number(),
  /** Those that count now; absent of a service that does not scale. */
  bounds: boundsSchema.optional(),
  /** Whether a load balancer decides for it now. */
  isDecided: z.boolean(),
  /** The latest decision, whether it changed something or not. */
  last: scalingDecisionSchema.optional(),
  /** The latest one that changed the count. */
  changed: scalingDecisionSchema.optional(),
  /** What stands between it and the count that its targets ask for. */
  waits: z
    .looseObject({
      /** As a `constraint`. */
      for: z.string(),
      text: z.string(),
      /** When that is over, where it is known. */
      until: answeredTime.optional(),
    })
    .optional(),
});

export type ScalingDecision = z.infer<typeof scalingDecisionSchema>;
export type ScalingStatus = z.infer<typeof scalingStatusSchema>;

/** `out`, `in`: the count changed. `unchanged`: it did not. `failed`: the request for it was refused, or failed. */
export const SCALING_OUTCOMES = ['out', 'in', 'unchanged', 'failed'] as const;

const ofService = z.strictObject({ appId: spelledAppIdSchema, service: spelledServiceNameSchema });
export const scalingOfService = '/v1/apps/{appId}/services/{service}/scaling';

/** What the load balancer decides about counts, over HTTP. */
export const scalingDecisionRoutes = {
  scalingStatuses: defineRoute({
    id: 'scalingStatuses',
    method: 'GET',
    path: '/v1/scaling',
    summary: 'How the scaling of each service with a policy stands, by application and service.',
    role: 'read',
    query: z.strictObject({ appId: spelledAppIdSchema.optional(), ...pageQuery }),
    answers: { 200: { description: 'A page of services.', schema: pageOf(scalingStatusSchema) } },
  }),
  scalingStatus: defineRoute({
    id: 'scalingStatus',
    method: 'GET',
    path: `${scalingOfService}/status`,
    summary: 'How many instances a service has by its policy, what was decided last, and what it waits for.',
    role: 'read',
    params: ofService,
    answers: { 200: { description: 'How it stands.', schema: scalingStatusSchema } },
  }),
  scalingDecisions: defineRoute({
    id: 'scalingDecisions',
    method: 'GET',
    path: `${scalingOfService}/decisions`,
    summary: 'How many instances the service was decided to need, and why, the newest first.',
    role: 'read',
    params: ofService,
    query: z.strictObject({
      outcome: z
        .enum(SCALING_OUTCOMES)
        .optional()
        .describe('`unchanged`: the count stayed as it was. `failed`: the request for it failed.'),
      constraint: z
        .string()
        .regex(/^[a-z-]{1,30}$/, 'expected a constraint such as in-cooldown')
        .optional()
        .describe('What decided.'),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page of decisions.', schema: pageOf(scalingDecisionSchema) } },
  }),
};
