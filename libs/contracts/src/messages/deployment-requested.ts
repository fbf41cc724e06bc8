import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { appIdSchema, printable, serviceNameSchema, tokenSchema } from '../names.js';
import { topics } from '../topics.js';

/** Where a service's zip lies when it is not at the default `<appId>--<service>.zip`. */
const sourceSchema = z.object({
  blob: printable(1024),
  container: z.string().min(3).max(63).optional(),
});

const requestedServiceSchema = z.union([
  serviceNameSchema.transform((name) => ({
    name,
    source: undefined as z.infer<typeof sourceSchema> | undefined,
  })),
  z.object({ name: serviceNameSchema, source: sourceSchema.optional() }),
]);

export const requestModes = ['run', 'build', 'build-and-run', 'stop'] as const;

/** A scheduler's (or anyone's) wish: run, build, build and run, or stop these services. */
export const deploymentRequested = defineMessage({
  type: 'slipway.deployment.requested.v1',
  topic: topics.deploymentRequests,
  summary: 'Run, build, build and run, or stop services of one application.',
  schema: z.object({
    token: tokenSchema,
    mode: z.enum(requestModes),
    appId: appIdSchema,
    appName: printable(200),
    services: z
      .array(requestedServiceSchema)
      .min(1, 'services must name at least one service')
      .max(100)
      .refine(
        (list) => new Set(list.map((s) => s.name)).size === list.length,
        'services must not repeat a name',
      ),
    /** A topic of the configured allow-list; default `deployment.responses`. */
    replyTo: z.string().min(1).max(249).optional(),
    /** Milliseconds from the moment of intake; default by configuration. */
    deadlineMs: z.int().min(1_000).max(86_400_000).optional(),
  }),
  key: (data) => data.appId,
  example: {
    token: 'order-4711',
    mode: 'build-and-run',
    appId: 'shop',
    appName: 'The shop',
    services: ['app-server', { name: 'prices', source: { blob: 'shop--prices.zip' } }],
  },
});

export type DeploymentRequest = MessageData<typeof deploymentRequested>;
export type RequestMode = DeploymentRequest['mode'];
export type RequestedService = DeploymentRequest['services'][number];
