import { z } from 'zod';
import { nodeNameSchema, spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { plannedPlacementSchema } from '../service-config.placement.js';
import { prioritySchema } from '../priority.js';
import { evictedInstanceSchema, refusedNodesSchema } from './placements.js';
import { defineRoute } from './route.js';

/** So many instances or nodes may be planned at once. */
export const MOST_PLANNED = 1_000;

const sizeSchema = z.looseObject({ cpu: z.number(), memoryMiB: z.number() });

/** An instance that a plan moves or starts; a new one has neither a name nor a node. */
const plannedInstanceSchema = z.looseObject({
  instance: z.string().optional(),
  /** Of its node request. */
  accessToken: z.string().optional(),
  appId: z.string().optional(),
  service: z.string().optional(),
  resources: sizeSchema,
  /** Where it is now. */
  from: z.string().optional(),
});

const fleetFiguresSchema = z.looseObject({
  nodes: z.number(),
  /** How many take instances; the rest of these figures is of those. */
  ready: z.number(),
  /** How many have an instance. */
  used: z.number(),
  /** Of which the largest share is taken; absent where no node is ready. */
  worst: z
    .looseObject({
      node: z.string(),
      /** Of what instances may have, 0 to 1. */
      cpuShare: z.number(),
      memoryShare: z.number(),
    })
    .optional(),
  /** For each usual size, how many more instances of it alone would find room. */
  room: z.array(sizeSchema.extend({ instances: z.number() })),
});

/** What would come of a change. */
export const fleetPlanSchema = z.looseObject({
  /** In the order in which they were placed. */
  placed: z.array(
    plannedInstanceSchema.extend({
      to: z.string(),
      score: z.number(),
      /** What would be stopped for it first; absent where nothing would. */
      evicts: z.array(evictedInstanceSchema).optional(),
    }),
  ),
  /** What would find no place, and why. */
  unplaced: z.array(plannedInstanceSchema.extend({ refused: z.array(refusedNodesSchema) })),
  /** What would stay, since its volumes lie on the node. */
  staying: z.array(plannedInstanceSchema),
  /** The names that new nodes have in the plan. */
  added: z.array(z.string()),
  /** Of how many instances neither constraints nor volumes are known: an older version reserved their places. */
  unknown: z.number(),
  before: fleetFiguresSchema,
  after: fleetFiguresSchema,
});

export type FleetPlan = z.infer<typeof fleetPlanSchema>;
export type FleetPlanFigures = z.infer<typeof fleetFiguresSchema>;
export type FleetPlanInstance = z.infer<typeof plannedInstanceSchema>;

const answers = {
  200: { description: 'What would come of it. Nothing was changed.', schema: fleetPlanSchema },
};
const ofNode = z.strictObject({ node: nodeNameSchema });
const count = z.int().min(1).max(MOST_PLANNED).default(1);

const placeSchema = z
  .strictObject({
    resources: z.strictObject({
      cpu: z.number().positive().max(10_000).describe('Cores; 0.5 is half a core.'),
      memoryMiB: z.int().positive().max(1_000_000_000).describe('Memory in MiB.'),
    }),
    count,
    needsPort: z.boolean().optional().describe('`false` for a worker: it takes no host port.'),
    appId: spelledAppIdSchema.optional(),
    service: spelledServiceNameSchema
      .optional()
      .describe('Instances of it that there are count, as they do when it is scaled.'),
    placement: plannedPlacementSchema
      .optional()
      .describe(
        'As in config.json, without `waitMs` and `rebalance`. With `preempt`, the plan says what would be stopped where there is no room.',
      ),
    priority: prioritySchema
      .optional()
      .describe('As in config.json; 0 if absent. Only with `placement.preempt`: nothing else depends on it.'),
  })
  .refine(({ appId, service }) => service === undefined || appId !== undefined, {
    path: ['appId'],
    error: 'expected the application of the service',
  })
  .refine(
    ({ appId, placement = {} }) =>
      appId !== undefined || (placement.affinity === undefined && placement.antiAffinity === undefined),
    { path: ['appId'], error: 'expected the application whose services affinity and antiAffinity name' },
  )
  .refine(({ priority, placement = {} }) => priority === undefined || placement.preempt === true, {
    path: ['priority'],
    error: 'expected placement.preempt beside it: without, a plan does not depend on the priority',
  });

/** What would come of a change, over HTTP. Each is made on a copy of the fleet, and changes nothing. */
export const planRoutes = {
  planDrain: defineRoute({
    id: 'planDrain',
    method: 'POST',
    path: '/v1/plans/drain',
    summary: 'Where the instances of a node would go if it was drained.',
    role: 'admin',
    body: ofNode,
    answers,
  }),
  planRemove: defineRoute({
    id: 'planRemove',
    method: 'POST',
    path: '/v1/plans/remove',
    summary: 'Where the instances of a node would go if it was lost or removed.',
    role: 'admin',
    body: ofNode,
    answers,
  }),
  planAdd: defineRoute({
    id: 'planAdd',
    method: 'POST',
    path: '/v1/plans/add',
    summary: 'How much more room there would be with more nodes like one that there is.',
    role: 'admin',
    body: z.strictObject({ like: nodeNameSchema, count }),
    answers,
  }),
  planPlace: defineRoute({
    id: 'planPlace',
    method: 'POST',
    path: '/v1/plans/place',
    summary: 'Where so many new instances would go.',
    role: 'admin',
    body: placeSchema,
    answers,
  }),
};
