import { z } from 'zod';
import { appIdSchema, nodeNameSchema, printable, storableText } from '../names.js';
import { RESCALING_POLICIES } from '../scaling-policy.vertical.js';
import { answeredTime, pageOf, pageQuery } from './conventions.js';
import { limitBoundsSchema, limitsSaidSchema, shownContainerSchema } from './limits.js';
import { defineRoute } from './route.js';

export const STRUCTURE_KINDS = ['host', 'user', 'application', 'container'] as const;
export type StructureKind = (typeof STRUCTURE_KINDS)[number];

export const CORE_ORDERS = ['Group_P&L', 'Group_1P_2L', 'Group_PP_LL', 'Spread_P&L', 'Spread_PP_LL'] as const;

/** What may be said of each kind. */
export const structureSaidSchemas = {
  host: z.strictObject({
    pinning: z
      .enum(CORE_ORDERS)
      .nullable()
      .optional()
      .describe('The order in which its cores are given to containers; null: none is pinned.'),
    energyMaxWatts: z.int().min(1).optional().describe('The power that it may use.'),
  }),
  user: z.strictObject({
    ...limitBoundsSchema.shape,
    applications: z.array(appIdSchema).max(1_000).default([]).describe('Its applications.'),
    rebalanced: z.boolean().default(false).describe('Whether its applications give to each other.'),
  }),
  application: z.strictObject({
    ...limitBoundsSchema.shape,
    rebalanced: z.boolean().default(false).describe('Whether its containers give to each other.'),
    budget: z
      .strictObject({
        cost: z.number().min(0).describe('What it may spend in all.'),
        pricePerCoreHour: z.number().min(0).describe('What one core costs for one hour.'),
        debt: z.number().min(0).default(0).describe('What it may owe before its CPU is clamped.'),
      })
      .optional()
      .describe('Its use is billed. Beyond its cost it may owe a little, then its CPU is clamped.'),
  }),
  container: z.strictObject({
    ...limitsSaidSchema.shape,
    host: nodeNameSchema.describe('The node that it runs on.'),
    container: storableText()
      .min(1)
      .max(1_024)
      .describe('Its id or name there, or a path of control groups.'),
    application: appIdSchema.optional().describe('Where its use counts.'),
    policy: z.enum(RESCALING_POLICIES).default('fixed').describe('What decides.'),
  }),
} as const;

export type StructureSaid = {
  readonly [K in StructureKind]: z.output<(typeof structureSaidSchemas)[K]>;
};

export const structureSchema = z.looseObject({
  kind: z.enum(STRUCTURE_KINDS),
  id: z.string(),
  /** What somebody said of it; absent where nobody did. */
  said: z.looseObject({}).optional(),
  revision: z.number().optional(),
  principal: z.string().optional(),
  reason: z.string().optional(),
  at: answeredTime.optional(),
  /** Of a host: what it has and what is free; of others the sums of their containers. */
  resources: z
    .record(
      z.string(),
      z.looseObject({
        max: z.number().optional(),
        free: z.number().optional(),
        current: z.number().optional(),
        usage: z.number().optional(),
      }),
    )
    .optional(),
  /** Of a host: which container holds how much of each core, in hundredths. */
  cores: z.looseObject({}).optional(),
  containers: z.array(shownContainerSchema).optional(),
  /** Of an application with a budget: what is left of it, negative where it owes, and what follows from that. */
  account: z.looseObject({ balance: z.number(), stage: z.string() }).optional(),
});

export type Structure = z.infer<typeof structureSchema>;

const kindParams = z.strictObject({ kind: z.enum(STRUCTURE_KINDS) });
const idParams = z.strictObject({ kind: z.enum(STRUCTURE_KINDS), id: printable(255) });
const why = z.strictObject({ reason: printable(500).optional() });
const one = { 200: { description: 'The structure.', schema: structureSchema } };

/** The State Database, over HTTP. */
export const structureRoutes = {
  structures: defineRoute({
    id: 'structures',
    method: 'GET',
    path: '/v1/structures/{kind}',
    summary: 'Hosts, users, applications or containers: their limits and what they use.',
    role: 'read',
    params: kindParams,
    query: z.strictObject({ ...pageQuery }),
    answers: { 200: { description: 'A page of structures.', schema: pageOf(structureSchema) } },
  }),
  structure: defineRoute({
    id: 'structure',
    method: 'GET',
    path: '/v1/structures/{kind}/{id}',
    summary: 'One structure.',
    role: 'read',
    params: idParams,
    answers: one,
  }),
  setStructure: defineRoute({
    id: 'setStructure',
    method: 'PUT',
    path: '/v1/structures/{kind}/{id}',
    summary:
      'Says what holds of a structure; a container that is none of Slipway’s is subscribed by it: it is rescaled, and never repaired or removed.',
    role: 'admin',
    params: idParams,
    query: why,
    body: z.looseObject({}),
    answers: one,
  }),
  forgetStructure: defineRoute({
    id: 'forgetStructure',
    method: 'DELETE',
    path: '/v1/structures/{kind}/{id}',
    summary: 'Takes back what was said of a structure; a subscribed container is left as it is.',
    role: 'admin',
    params: idParams,
    query: why,
    answers: one,
  }),
};
