import { z } from 'zod';
import { nodeNameSchema, spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { answeredTime, pageOf, pageQuery } from './conventions.js';
import { defineRoute } from './route.js';

export const SCORE_STATES = ['INIT', 'LU', 'MU', 'HU', 'SUNDOWN'] as const;

/** 100 is idle, 0 is saturated. A part that was not measured is absent. */
export const scoreSchema = z.looseObject({
  instance: z.string(),
  appId: z.string(),
  service: z.string(),
  node: z.string(),
  cpu: z.number().optional(),
  memory: z.number().optional(),
  /** Of the line of its node. */
  network: z.number().optional(),
  /** Of the time that answers take, as gateways see it. */
  availability: z.number().optional(),
  overall: z.number(),
  /** `INIT`: it has just started. `LU`, `MU`, `HU`: low, medium, high utilisation. `SUNDOWN`: it is drained. */
  state: z.enum(SCORE_STATES),
  /** Percent of its limits, or of its node where it has none. */
  used: z.looseObject({ cpuPercent: z.number().optional(), memoryPercent: z.number().optional() }),
  /** When it was measured. */
  at: answeredTime,
});
export type ShownScore = z.infer<typeof scoreSchema>;

/** As RustyBalancer has it. A part that was not measured is 100 there. */
const statSchema = z.looseObject({
  /** The id of the container. */
  id: z.string(),
  /** The instance. */
  name: z.string(),
  cpu_score: z.number(),
  memory_score: z.number(),
  network_score: z.number(),
  availability_score: z.number(),
  overall_score: z.number(),
  utilization_category: z.enum(SCORE_STATES),
});
export type ShownStat = z.infer<typeof statSchema>;

/** How busy instances are, over HTTP. */
export const scoreRoutes = {
  scores: defineRoute({
    id: 'scores',
    method: 'GET',
    path: '/v1/scores',
    summary: 'How much room each instance has: its score of the last second, by the names of instances.',
    role: 'read',
    query: z.strictObject({
      appId: spelledAppIdSchema.optional(),
      service: spelledServiceNameSchema.optional(),
      node: nodeNameSchema.optional(),
      state: z.enum(SCORE_STATES).optional(),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page of scores.', schema: pageOf(scoreSchema) } },
  }),
  stats: defineRoute({
    id: 'stats',
    method: 'GET',
    path: '/stats',
    summary: 'The same of all instances in the shape of RustyBalancer, for its dashboards.',
    role: 'read',
    answers: { 200: { description: 'The scores.', schema: z.array(statSchema) } },
  }),
};
