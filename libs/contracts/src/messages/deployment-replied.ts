import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { timestampSchema } from '../names.js';
import { topics } from '../topics.js';

export const taskErrorSchema = z.object({
  code: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/)
    .describe('The stable code; docs/reference/errors.md lists them all.'),
  message: z.string().describe('What happened.'),
  hint: z.string().describe('What to do next.'),
  logTail: z.string().optional().describe('The last lines of the log that explains it, oldest first.'),
});

export const instanceAddressSchema = z.object({
  node: z.string().describe('The name of the node.'),
  ip: z.string().describe('The address of the node.'),
  port: z.int().optional().describe('The port of the instance on the node; absent for a worker.'),
  url: z.string().optional().describe('Where the instance is reached; absent for a worker.'),
  container: z.string().describe("The container's id in the node's engine."),
  startedAt: timestampSchema.describe('When the container was started.'),
});

/** What a service goes through, in this order; the times of its steps are told by these names. */
export const phaseNames = [
  'fetch',
  'build',
  'push',
  'place',
  'pull',
  'release',
  'start',
  'healthy',
  'stop',
] as const;

export const serviceOutcomes = [
  'running',
  'scaled-to-0',
  'built',
  'stopped',
  'not-running',
  'planned',
  'failed',
] as const;

/** One thing that was or would be done to a service. */
const changeSchema = z.object({
  action: z.enum(['build', 'start', 'replace', 'stop']).describe('What is or would be done.'),
  instance: z.string().optional().describe('The instance that is replaced or stopped.'),
  node: z.string().optional().describe('The node, where it is known.'),
});

/** An answer for one service. */
export const serviceReplySchema = z.object({
  name: z.string().describe('The name of the service.'),
  status: z.enum(serviceOutcomes).describe('How it ended.'),
  release: z.string().optional().describe('The release.'),
  instances: z.array(instanceAddressSchema).describe('The instances that run.'),
  phases: z.record(z.string(), z.number()).describe(`Milliseconds per phase: ${phaseNames.join(', ')}.`),
  phaseOrder: z
    .array(z.string())
    .optional()
    .describe('The names of the phases in the order in which they first ended.'),
  error: taskErrorSchema.optional().describe('Why it failed.'),
  endpoint: z
    .object({ url: z.string().describe('Such as `https://shop.example.com`.') })
    .optional()
    .describe('Where clients reach it at the gateway; absent for a worker, and where no gateway is known.'),
  notes: z
    .array(z.string())
    .optional()
    .describe('What is worth knowing, such as what makes a replacement visible to users.'),
  plan: z
    .array(changeSchema)
    .optional()
    .describe('Of a dry run: what would be done; empty if there is nothing to do.'),
  serving: z
    .object({
      release: z.string().optional().describe('The release that serves.'),
      instances: z.array(instanceAddressSchema).describe('The instances that serve.'),
    })
    .optional()
    .describe('Of a failed replacement: what goes on serving.'),
});

/** The answer to one request. At least once, and always the same content for one token. */
export const deploymentReplied = defineMessage({
  type: 'slipway.deployment.replied.v1',
  topic: topics.deploymentResponses,
  summary: 'Where each service of a request runs, or why it does not.',
  schema: z.object({
    token: z.string().describe('The request token: the idempotency key of the caller.'),
    status: z.boolean().describe('`true` if every service succeeded.'),
    services: z.array(serviceReplySchema).describe('The outcome of each service.'),
    failed: z.array(z.string()).describe('The names of the services that failed.'),
    endpoint: z
      .object({
        ip: z.string().describe('The address of the node.'),
        port: z.int().describe('The port of the instance on the node.'),
        url: z
          .string()
          .describe(
            'Where clients reach it: at the gateway, if the deployer knows one, else at the instance.',
          ),
      })
      .optional()
      .describe('The address of the service named `app-server`; absent for a worker.'),
    error: taskErrorSchema.optional().describe('Why the whole request was refused, when it was.'),
  }),
  key: (data) => data.token,
  example: {
    token: 'order-4711',
    status: true,
    services: [
      {
        name: 'app-server',
        status: 'running',
        release: 'shop-app-server-3f2a9c1d4e5b',
        instances: [
          {
            node: 'node-1',
            ip: '10.80.0.11',
            port: 20000,
            url: 'http://10.80.0.11:20000',
            container: '9f1c',
            startedAt: '2026-01-01T00:00:00.000Z',
          },
        ],
        phases: { fetch: 12, build: 2100, push: 900, place: 9, pull: 310, start: 190, healthy: 45 },
      },
    ],
    failed: [],
    endpoint: { ip: '10.80.0.11', port: 20000, url: 'http://10.80.0.11:20000' },
  },
});

export type DeploymentReply = MessageData<typeof deploymentReplied>;
export type ServiceReply = DeploymentReply['services'][number];
export type PhaseName = (typeof phaseNames)[number];
export type ServiceOutcome = ServiceReply['status'];
export type Change = z.infer<typeof changeSchema>;
export type TaskError = z.infer<typeof taskErrorSchema>;
export type InstanceAddress = z.infer<typeof instanceAddressSchema>;
