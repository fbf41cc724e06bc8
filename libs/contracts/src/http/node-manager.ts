import { z } from 'zod';
import { instanceStates } from '../messages/instance-reported.js';
import { nodeNameSchema, spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { jumpHostSchema, socketPathSchema, sshWayFields } from '../ssh-way.js';
import { answeredTime } from './conventions.js';
import { defineRoute } from './route.js';

export const enrolmentSchema = z.strictObject({
  name: nodeNameSchema,
  ...sshWayFields,
  /** The engine's socket on the machine, if it is not /var/run/docker.sock. */
  socketPath: socketPathSchema.optional(),
  /** The machine in between, if it is not reached straight. */
  jump: z.strictObject(sshWayFields).optional(),
  /** Also a machine whose engine cannot enforce limits of containers. */
  allowUnlimited: z.boolean().default(false),
});

export const nodeDetailsSchema = z.looseObject({
  name: z.string(),
  /** `ready` takes instances; the other states do not. */
  state: z.string(),
  address: z.string(),
  sshPort: z.number().nullish(),
  /** Absent if it is /var/run/docker.sock. */
  socketPath: z.string().nullish(),
  /** Of the pinned host key; absent if the node was enrolled before types were stored. */
  hostKeyType: z.string().nullish(),
  /** Absent if it is reached straight. */
  jump: jumpHostSchema.loose().nullish(),
  cpus: z.number().nullish(),
  memoryBytes: z.number().nullish(),
  engineVersion: z.string().nullish(),
  /** Limits of containers that its engine cannot enforce: `memory`, `cpu`. */
  unenforced: z.array(z.string()).nullish(),
});

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

export type NodeDetails = z.infer<typeof nodeDetailsSchema>;
export type Enrolment = z.input<typeof enrolmentSchema>;
export type RegistryServiceLine = z.infer<typeof registryServiceSchema>;
export type RegistryInstance = z.infer<typeof registryInstanceSchema>;

const ofApp = z.strictObject({ appId: spelledAppIdSchema.optional() });

/** The node manager's HTTP. */
export const nodeManagerRoutes = {
  nodes: defineRoute({
    id: 'nodes',
    method: 'GET',
    path: '/v1/nodes',
    summary: 'The nodes.',
    role: 'read',
    answers: { 200: { description: 'The nodes.', schema: z.array(nodeDetailsSchema) } },
  }),
  enrol: defineRoute({
    id: 'enrol',
    method: 'POST',
    path: '/v1/nodes',
    summary: 'Enrols a machine, or brings an enrolled one up to date.',
    role: 'admin',
    body: enrolmentSchema,
    answers: { 200: { description: 'The node.', schema: nodeDetailsSchema } },
  }),
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
