import { z } from 'zod';
import { spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { scalingPolicySchema } from '../scaling-policy.js';
import { answeredTime } from './conventions.js';
import { defineRoute } from './route.js';
import { scalingOfService } from './scaling-decisions.js';

const MINUTE_MS = 60_000;
/** 30 days. */
const MOST_REPLAYED_MS = 2_592_000_000;
const USUAL_REPLAYED_MS = 86_400_000;
const USUAL_START_MS = 5_000;

const outcomeSchema = z.looseObject({
  instanceHours: z.number(),
  /** Seconds in which the load was above what the instances are to carry, by the policy's own targets. */
  overSeconds: z.number(),
  /** The same by the targets of the present policy; 0 where there is none. */
  overPresentSeconds: z.number(),
  changes: z.number(),
  /** Changes that took back one of the other direction within two minutes. */
  flaps: z.number(),
  least: z.number(),
  most: z.number(),
  last: z.number(),
});

const unresolvedSchema = z.looseObject({
  /** `gap`, or what of the policy it is about, such as `panic.windowMs` or `kafkaLag`. */
  what: z.string(),
  why: z.string(),
  from: answeredTime,
  to: answeredTime,
});

/** What a policy would have done. */
const replayedSchema = outcomeSchema.extend({
  /** What the kept figures cannot say of it, by their beginning; 500 at most. */
  unresolved: z.array(unresolvedSchema),
  /** How many more there are. */
  unresolvedMore: z.number(),
});

export const scalingReplaySchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  from: answeredTime,
  to: answeredTime,
  /** Of how many seconds there are figures. */
  seconds: z.number(),
  proposed: replayedSchema,
  /** Absent where the service does not scale now. */
  present: replayedSchema.optional(),
  /** What really ran. Its times over target are by the present policy. */
  ran: outcomeSchema,
});

export type ScalingReplay = z.infer<typeof scalingReplaySchema>;

/** What a policy would have done, over HTTP. */
export const scalingReplayRoutes = {
  replayScaling: defineRoute({
    id: 'replayScaling',
    method: 'POST',
    path: `${scalingOfService}/replays`,
    summary:
      'What a policy would have done with the figures that are kept, beside the present one. Changes nothing.',
    role: 'admin',
    params: z.strictObject({ appId: spelledAppIdSchema, service: spelledServiceNameSchema }),
    body: z.strictObject({
      policy: scalingPolicySchema,
      lastMs: z
        .int()
        .min(MINUTE_MS)
        .max(MOST_REPLAYED_MS)
        .default(USUAL_REPLAYED_MS)
        .describe('Milliseconds up to now.'),
      startMs: z
        .int()
        .min(0)
        .max(600_000)
        .default(USUAL_START_MS)
        .describe('Milliseconds from a decision to the first request of its instances.'),
    }),
    answers: { 200: { description: 'Both policies, and what ran.', schema: scalingReplaySchema } },
  }),
};
