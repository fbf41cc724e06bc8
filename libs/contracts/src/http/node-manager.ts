import { z } from 'zod';
import { instanceStates } from '../messages/instance-reported.js';
import { spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { answeredTime } from './conventions.js';
import { nodeRoutes } from './nodes.js';
import { defineRoute } from './route.js';

export const registryInstanceSchema = z.looseObject({
  instance: z.string(),
  state: z.string(),
  appId: z.string(),
  service: z.string(),
  release: z.string(),
  node: z.string(),
  /** Absent for a worker. */
  url: z.string().optional(),
  /** Of one whose process ended within the last minute: how often its engine has started it again, since when. */
  crashing: z.looseObject({ restarts: z.number(), since: answeredTime }).optional(),
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
  reportedAt: answeredTime,
});

export type RegistryServiceLine = z.infer<typeof registryServiceSchema>;
export type RegistryInstance = z.infer<typeof registryInstanceSchema>;

const ofApp = z.strictObject({ appId: spelledAppIdSchema.optional() });

/** The node manager's HTTP. */
export const nodeManagerRoutes = {
  ...nodeRoutes,
  instances: defineRoute({
    id: 'instances',
    method: 'GET',
    path: '/v1/instances',
    summary: 'The instances in the registry, in their last known state.',
    role: 'read',
    query: ofApp.extend({
      service: spelledServiceNameSchema.optional(),
      state: z.enum(instanceStates).optional(),
    }),
    answers: { 200: { description: 'The instances.', schema: z.array(registryInstanceSchema) } },
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
};
