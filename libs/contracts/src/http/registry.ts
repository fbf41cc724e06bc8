import { z } from 'zod';
import { instanceStates } from '../messages/instance-reported.js';
import { nodeNameSchema, printable, spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { answeredTime, pageOf, pageQuery } from './conventions.js';
import { defineRoute } from './route.js';

/** An instance in its last known state. */
export const registryInstanceSchema = z.looseObject({
  instance: z.string(),
  state: z.string(),
  /** When it came into this state; a running one: when it was healthy. Absent in answers of older versions. */
  since: answeredTime.optional(),
  /** Why it is in this state, as far as the deployer has said. */
  reason: z.string().optional(),
  appId: z.string(),
  service: z.string(),
  release: z.string(),
  node: z.string(),
  /** The address of the node. */
  ip: z.string().optional(),
  /** Its port on the node; absent for a worker. */
  port: z.number().optional(),
  /** Absent for a worker. */
  url: z.string().optional(),
  /** Of one whose process ended within the last minute: how often its engine has started it again, since when. */
  crashing: z.looseObject({ restarts: z.number(), since: answeredTime }).optional(),
  startedAt: answeredTime.optional(),
  reportedAt: answeredTime,
});

export const registryServiceSchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  release: z.string().nullish(),
  running: z.number(),
  /** How many of these are crashing. */
  crashing: z.number().optional(),
  /** How many should run; null where the deployer has not said. */
  wanted: z.number().nullish(),
  wantedRelease: z.string().nullish(),
  /** What a stopped service lacks is a run, and what is scaled to 0 a scaling. */
  wantedState: z.enum(['running', 'stopped']).nullish(),
  /** A release that gets a part of its requests; its instances are not among those of `wanted`. */
  canary: z.looseObject({ release: z.string(), percent: z.number(), count: z.number() }).nullish(),
  /** Where it is reached at the gateway, beside its own address; null where the deployer has not said. */
  routes: z.array(z.looseObject({ host: z.string(), path: z.string() })).nullish(),
  /** How the gateway treats its requests. */
  traffic: z.looseObject({ balance: z.string().optional() }).nullish(),
  /** How it scales, as `scaling` of config.json; null where it does not, or the deployer has not said. */
  scaling: z.looseObject({ min: z.number(), max: z.number() }).nullish(),
  reportedAt: answeredTime,
});

/** Where a service runs. */
export const serviceDetailsSchema = registryServiceSchema.extend({
  /** Those that are running or draining, the oldest first. */
  instances: z.array(registryInstanceSchema),
});

export const instanceEvents = [
  ...['started', 'healthy', 'restarted', 'crashing', 'recovered', 'draining', 'resumed', 'stopped', 'failed'],
] as const;

/** Something that happened to an instance. */
export const instanceEventSchema = z.looseObject({
  instance: z.string(),
  at: answeredTime,
  /** `started`, `healthy`, `restarted`, `crashing`, `recovered`, `draining`, `resumed`, `stopped` or `failed`. */
  event: z.string(),
  /** Why, as far as the deployer has said. */
  reason: z.string().optional(),
  appId: z.string(),
  service: z.string(),
  release: z.string(),
  node: z.string(),
});

export type RegistryServiceLine = z.infer<typeof registryServiceSchema>;
export type RegistryInstance = z.infer<typeof registryInstanceSchema>;
export type ServiceDetails = z.infer<typeof serviceDetailsSchema>;
export type InstanceEvent = z.infer<typeof instanceEventSchema>;

const LONGEST_NAME = 200;

const ofApp = z.strictObject({ appId: spelledAppIdSchema.optional() });
const ofPlace = ofApp.extend({
  service: spelledServiceNameSchema.optional(),
  node: nodeNameSchema.optional(),
});

/** What runs where, over HTTP. */
export const registryRoutes = {
  instances: defineRoute({
    id: 'instances',
    method: 'GET',
    path: '/v1/instances',
    summary: 'The instances in the registry, in their last known state, by service, the oldest first.',
    role: 'read',
    query: ofPlace.extend({
      state: z.enum(instanceStates).optional(),
      release: printable(LONGEST_NAME).optional(),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page of instances.', schema: pageOf(registryInstanceSchema) } },
  }),
  instanceEvents: defineRoute({
    id: 'instanceEvents',
    method: 'GET',
    path: '/v1/instance-events',
    summary: 'What happened to instances, the newest first; also to those that ended.',
    role: 'read',
    query: ofPlace.extend({ instance: printable(LONGEST_NAME).optional(), ...pageQuery }),
    answers: { 200: { description: 'A page of events.', schema: pageOf(instanceEventSchema) } },
  }),
  services: defineRoute({
    id: 'services',
    method: 'GET',
    path: '/v1/services',
    summary: 'The services in the registry, with how many instances run and how many are wanted.',
    role: 'read',
    query: ofApp,
    answers: { 200: { description: 'The services.', schema: z.array(registryServiceSchema) } },
  }),
  service: defineRoute({
    id: 'service',
    method: 'GET',
    path: '/v1/apps/{appId}/services/{service}',
    summary: 'Where a service runs: how many instances are wanted and run, and each of those that live.',
    role: 'read',
    params: z.strictObject({ appId: spelledAppIdSchema, service: spelledServiceNameSchema }),
    answers: { 200: { description: 'The service.', schema: serviceDetailsSchema } },
  }),
};
