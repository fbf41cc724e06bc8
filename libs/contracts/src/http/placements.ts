import { z } from 'zod';
import {
  accessTokenSchema,
  nodeNameSchema,
  printable,
  spelledAppIdSchema,
  spelledServiceNameSchema,
  tokenSchema,
} from '../names.js';
import { placementSchema } from '../service-config.placement.js';
import { answeredTime, pageOf, pageQuery } from './conventions.js';
import { defineRoute } from './route.js';

/** What one filter refused. */
export const refusedNodesSchema = z.looseObject({
  /** Such as `cpu`, `state` or `constraints`. */
  filter: z.string(),
  /** How many nodes; each counts for the first filter that refused it. */
  nodes: z.number(),
  /** Such as `needs 2 cores, best free 1.4 on node-3`. */
  missing: z.string(),
  /** The node that came closest. */
  closest: z.string(),
  /** Of a filter on a quantity alone. */
  quantity: z.looseObject({ unit: z.string(), needed: z.number(), free: z.number() }).optional(),
});

/** An instance that was stopped to make room for another one, or would be. */
export const evictedInstanceSchema = z.looseObject({
  instance: z.string(),
  appId: z.string(),
  service: z.string(),
  priority: z.number(),
  node: z.string(),
});

/** A part of a score. */
export const scoredTermSchema = z.looseObject({
  name: z.string(),
  value: z.number(),
  weight: z.number(),
  /** Weight times value. */
  points: z.number(),
});

export const scoredNodeSchema = z.looseObject({
  node: z.string(),
  /** The sum of the terms. */
  points: z.number(),
  /** Those that apply. */
  terms: z.array(scoredTermSchema),
});

/** What a node request asked for, as far as it matters for placing. */
export const askedPlaceSchema = z.looseObject({
  resources: z.looseObject({ cpu: z.number(), memoryMiB: z.number() }),
  /** `false` for a worker; absent otherwise. */
  needsPort: z.boolean().optional(),
  /** Where the volumes of the service lie. */
  onNode: z.string().optional(),
  /** Of a move that balances the load: the node that it was decided for. */
  toNode: z.string().optional(),
  /** `false`: never moved to balance the load. */
  rebalance: z.boolean().optional(),
  placement: placementSchema.optional(),
  avoidNodes: z.array(z.string()).optional(),
  exceptNodes: z.array(z.string()).optional(),
});

/** Why a node request was answered as it was. */
export const explainedPlacementSchema = z.looseObject({
  /** `<token of the request>:<service>:<ordinal>`. */
  accessToken: z.string(),
  appId: z.string(),
  service: z.string(),
  answeredAt: answeredTime,
  outcome: z.enum(['placed', 'refused']),
  /** Absent where it was refused, as port and score. */
  node: z.string().optional(),
  /** Absent for a worker, too. */
  port: z.number().optional(),
  /** 0 to 100. */
  score: z.number().optional(),
  /** `spread` or `pack`. */
  policy: z.string(),
  asked: askedPlaceSchema,
  /** How many nodes there were. */
  nodes: z.number(),
  /** The best nodes, best first; none where it was refused. */
  best: z.array(scoredNodeSchema),
  /** What ruled out the others. */
  refused: z.array(refusedNodesSchema),
  /** What was asked to make room for it while it waited; absent where nothing was. */
  evicted: z.array(evictedInstanceSchema).optional(),
});

export type EvictedInstance = z.infer<typeof evictedInstanceSchema>;
export type RefusedNodesLine = z.infer<typeof refusedNodesSchema>;
export type ScoredNodeLine = z.infer<typeof scoredNodeSchema>;
export type ExplainedPlacement = z.infer<typeof explainedPlacementSchema>;

const LONGEST_NAME = 200;

/** Why instances are where they are, over HTTP. */
export const placementRoutes = {
  placements: defineRoute({
    id: 'placements',
    method: 'GET',
    path: '/v1/placements',
    summary: 'Why node requests were answered as they were, the newest first.',
    role: 'read',
    query: z.strictObject({
      appId: spelledAppIdSchema.optional(),
      service: spelledServiceNameSchema.optional(),
      node: nodeNameSchema.optional(),
      token: tokenSchema.optional().describe('Of the request that the instances belong to.'),
      outcome: z.enum(['placed', 'refused']).optional(),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page of placements.', schema: pageOf(explainedPlacementSchema) } },
  }),
  placement: defineRoute({
    id: 'placement',
    method: 'GET',
    path: '/v1/placements/{accessToken}',
    summary: 'Why a node request was answered as it was: the last answer to its access token.',
    role: 'read',
    params: z.strictObject({ accessToken: accessTokenSchema }),
    answers: { 200: { description: 'The placement.', schema: explainedPlacementSchema } },
  }),
  instancePlacement: defineRoute({
    id: 'instancePlacement',
    method: 'GET',
    path: '/v1/instances/{instance}/placement',
    summary: 'Why an instance is where it is.',
    role: 'read',
    params: z.strictObject({ instance: printable(LONGEST_NAME) }),
    answers: { 200: { description: 'The placement.', schema: explainedPlacementSchema } },
  }),
};
