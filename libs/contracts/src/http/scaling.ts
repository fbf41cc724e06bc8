import { z } from 'zod';
import { printable, spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { scalingPolicySchema } from '../scaling-policy.js';
import { answeredTime } from './conventions.js';
import { defineRoute } from './route.js';

/** A policy that is in force. A newer version may have more members. */
const policySchema = z.looseObject({ min: z.number(), max: z.number() });

const scalingChangeSchema = z.looseObject({
  /** Of the spec. */
  revision: z.number(),
  at: answeredTime,
  /** `scaling`: it was set; `scaling reset`: taken back; otherwise the mode of the request whose config.json declared it. */
  change: z.string(),
  principal: z.string(),
  /** False for a name that the producer of a message claimed. */
  verified: z.boolean(),
  reason: z.string().optional(),
  token: z.string(),
  /** Absent where the service did not scale from then on. */
  policy: policySchema.optional(),
});

/** How a service scales. */
export const serviceScalingSchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  /** With its defaults; absent of a service that does not scale. */
  policy: policySchema.optional(),
  /** What config.json declared last; absent where it declared none. */
  declared: policySchema.optional(),
  /** Whose policy counts: `api` until it is taken back, or config.json declares another. */
  setBy: z.enum(['config.json', 'api']),
  /** The last 20 changes of the policy, the newest first. */
  history: z.array(scalingChangeSchema),
});

export type ServiceScaling = z.infer<typeof serviceScalingSchema>;

const ofService = z.strictObject({ appId: spelledAppIdSchema, service: spelledServiceNameSchema });
const scalingPath = '/v1/apps/{appId}/services/{service}/scaling';
const answered = { 200: { description: 'How it scales.', schema: serviceScalingSchema } };
const why = z.strictObject({ reason: printable(500).optional() });
const ifMatch = {
  'if-match': 'The `ETag` of the policy that the caller saw: 412 `SCALING_CHANGED` where it has changed.',
};

/** The deployer's routes about scaling. */
export const scalingRoutes = {
  scaling: defineRoute({
    id: 'scaling',
    method: 'GET',
    path: scalingPath,
    summary: 'The policy by which a service scales, and who changed it.',
    role: 'read',
    params: ofService,
    answers: answered,
  }),
  setScaling: defineRoute({
    id: 'setScaling',
    method: 'PUT',
    path: scalingPath,
    summary: 'Sets the policy by which a service scales, in place of the one that config.json declared last.',
    role: 'admin',
    params: ofService,
    query: why,
    body: scalingPolicySchema,
    headers: ifMatch,
    answers: answered,
  }),
  takeBackScaling: defineRoute({
    id: 'takeBackScaling',
    method: 'DELETE',
    path: scalingPath,
    summary: 'Takes back what was set: what config.json declared last counts again.',
    role: 'admin',
    params: ofService,
    query: why,
    headers: ifMatch,
    answers: answered,
  }),
};
