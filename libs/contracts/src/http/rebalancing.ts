import { z } from 'zod';
import { answeredTime } from './conventions.js';
import { defineRoute } from './route.js';

export const REBALANCING_MODES = ['off', 'advise', 'act'] as const;
export type RebalancingMode = (typeof REBALANCING_MODES)[number];

/** Shares of the CPU of a node, 0 to 1. */
const changeSchema = z.looseObject({ before: z.number(), after: z.number() });
const nodeLoadSchema = z.looseObject({
  node: z.string(),
  /** Of its CPU, 0 to 1. */
  share: z.number(),
});

/** One instance that is to move, and what that improves. */
export const rebalancingMoveSchema = z.looseObject({
  appId: z.string(),
  appName: z.string(),
  service: z.string(),
  instance: z.string(),
  from: z.string(),
  to: z.string(),
  /** Cores that move. */
  cpu: z.number(),
  improves: z.looseObject({ from: changeSchema, to: changeSchema }),
});

const askedMoveSchema = rebalancingMoveSchema.extend({
  /** Of the request that moves it: `slipway events TOKEN`. */
  token: z.string(),
  askedAt: answeredTime,
});

/** How the load of nodes is balanced: what is advised, what is being done, and what was done. */
export const rebalancingSchema = z.looseObject({
  mode: z.enum(REBALANCING_MODES),
  /** When the fleet was looked at last; absent where it never was. */
  at: answeredTime.optional(),
  /** `measured`: CPU in use. `reserved`: no agent watches the nodes. Absent where they were never looked at. */
  by: z.enum(['measured', 'reserved']).optional(),
  /** Why nothing is advised now, whatever the loads are. */
  waits: z.string().optional(),
  fullest: nodeLoadSchema.optional(),
  emptiest: nodeLoadSchema.optional(),
  advised: z.array(rebalancingMoveSchema),
  underWay: z.array(askedMoveSchema),
  /** Of the instances on full nodes, how many stay there, and why. */
  staying: z.array(z.looseObject({ reason: z.string(), instances: z.number() })),
  /** Moves that ended, the newest first. */
  ended: z.array(
    askedMoveSchema.extend({
      endedAt: answeredTime,
      succeeded: z.boolean(),
      error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
  /** As they are configured. */
  limits: z.looseObject({
    atOnce: z.number(),
    anHour: z.number(),
    /** Shares of the CPU of a node, 0 to 1. */
    leastGain: z.number(),
    above: z.number(),
    quietMs: z.number(),
    overMs: z.number(),
  }),
});

export type RebalancingMove = z.infer<typeof rebalancingMoveSchema>;
export type RebalancingAnswer = z.infer<typeof rebalancingSchema>;

/** How the load of nodes is balanced, over HTTP. */
export const rebalancingRoutes = {
  rebalancing: defineRoute({
    id: 'rebalancing',
    method: 'GET',
    path: '/v1/rebalancing',
    summary:
      'Which instances are to move to balance the load of nodes, what that improves, and what was done.',
    role: 'read',
    answers: { 200: { description: 'How it stands.', schema: rebalancingSchema } },
  }),
};
