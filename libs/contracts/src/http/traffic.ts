import { z } from 'zod';
import { spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { answeredTime, pageOf, pageQuery } from './conventions.js';
import { defineRoute } from './route.js';

export const TRAFFIC_STATES = ['ready', 'slow-start', 'ejected', 'trial', 'down', 'draining'] as const;
export type TrafficState = (typeof TRAFFIC_STATES)[number];

/** How an instance does, by the figures of one gateway. */
const trafficInstanceSchema = z.looseObject({
  name: z.string(),
  /** What it runs, where that is known. */
  release: z.string().optional(),
  /** 1 to 256, beside the other instances; 0 where it gets no requests. */
  weight: z.number(),
  inFlight: z.number(),
  /** Those that wait for this very instance. */
  queued: z.number(),
  /** Smoothed over some seconds. */
  requestsPerSecond: z.number(),
  /** Answers of 500 or more, and connections that broke. */
  errorsPerSecond: z.number(),
  /** What most of its latest answers took about, until their heads; absent before the first. */
  latencyMs: z.number().optional(),
  state: z.string().describe(`One of ${TRAFFIC_STATES.join(', ')}; others may come.`),
  /** Of `ejected` and `trial`: `stalled` or `failing`. Of `down`: `unreachable`. */
  why: z.string().optional(),
  /** Of `ejected`. */
  until: answeredTime.optional(),
  /** The weight that somebody has set, and when that ends. */
  override: z.looseObject({ weight: z.number(), until: answeredTime.optional() }).optional(),
});

/** How the instances of a service share its requests. */
export const trafficServiceSchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  /** How requests are shared out: `least`, `weighted` or `sticky`. */
  profile: z.string(),
  requestsPerSecond: z.number(),
  errorsPerSecond: z.number(),
  inFlight: z.number(),
  /** The release that gets so much of the requests, where one does; the other instances get the rest. */
  canary: z.looseObject({ release: z.string(), percent: z.number() }).optional(),
  instances: z.array(trafficInstanceSchema),
});

export type TrafficInstance = z.infer<typeof trafficInstanceSchema>;
export type TrafficService = z.infer<typeof trafficServiceSchema>;

/** What the gateway carries, over HTTP. */
export const trafficRoutes = {
  traffic: defineRoute({
    id: 'traffic',
    method: 'GET',
    path: '/v1/traffic',
    summary: 'How the instances of services do, and how the gateway that is asked shares requests out.',
    role: 'read',
    query: z.object({
      ...pageQuery,
      appId: spelledAppIdSchema.optional(),
      service: spelledServiceNameSchema.optional(),
    }),
    answers: { 200: { description: 'The services by name.', schema: pageOf(trafficServiceSchema) } },
  }),
};
