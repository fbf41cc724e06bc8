import { z } from 'zod';
import { LONGEST_FEED_NAME } from '../feed/entries.js';
import { MOST_WEIGHT } from '../feed/scores.js';
import { answeredTime } from './conventions.js';
import { defineRoute } from './route.js';

const LONGEST_MS = 30 * 86_400_000;

const params = z.object({ instance: z.string().min(1).max(LONGEST_FEED_NAME) });

/** A weight that somebody has set for an instance, at all gateways. */
export const trafficOverrideSchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  instance: z.string(),
  /** 0 to 256; 0: no new requests while another instance of its service can serve. */
  weight: z.number(),
  /** Absent where it does not end by itself. */
  until: answeredTime.optional(),
  /** Who has set it. */
  by: z.string(),
  at: answeredTime,
});

export type TrafficOverride = z.infer<typeof trafficOverrideSchema>;

/** Weights that operators set, over HTTP. */
export const trafficOverrideRoutes = {
  trafficOverrides: defineRoute({
    id: 'trafficOverrides',
    method: 'GET',
    path: '/v1/traffic/overrides',
    summary: 'The weights that somebody has set, at all gateways.',
    role: 'read',
    answers: {
      200: { description: 'By instance.', schema: z.looseObject({ items: z.array(trafficOverrideSchema) }) },
    },
  }),
  setTrafficOverride: defineRoute({
    id: 'setTrafficOverride',
    method: 'PUT',
    path: '/v1/traffic/overrides/{instance}',
    summary: 'Sets the weight of an instance at all gateways; 0 drains its traffic.',
    role: 'admin',
    params,
    body: z.strictObject({
      weight: z.int().min(0).max(MOST_WEIGHT).describe('Beside the other instances, which begin at 100.'),
      forMs: z.int().min(1_000).max(LONGEST_MS).optional().describe('When it ends; never when left out.'),
    }),
    answers: { 200: { description: 'It is set.', schema: trafficOverrideSchema } },
  }),
  endTrafficOverride: defineRoute({
    id: 'endTrafficOverride',
    method: 'DELETE',
    path: '/v1/traffic/overrides/{instance}',
    summary: 'Ends a weight that was set: the gateways weigh the instance by themselves again.',
    role: 'admin',
    params,
    answers: { 200: { description: 'What was set.', schema: trafficOverrideSchema } },
  }),
};
