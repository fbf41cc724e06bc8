import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { timestampSchema } from '../names.js';
import { topics } from '../topics.js';

export const taskErrorSchema = z.object({
  /** Stable, upper snake case; docs/reference/errors.md lists them all. */
  code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
  message: z.string(),
  /** What to do next. */
  hint: z.string(),
  /** The last lines of the log that explains it, oldest first, newline separated. */
  logTail: z.string().optional(),
});

export const instanceAddressSchema = z.object({
  node: z.string(),
  ip: z.string(),
  port: z.int(),
  url: z.string(),
  /** Container id at the node's engine. */
  container: z.string(),
  startedAt: timestampSchema,
});

export const serviceOutcomes = ['running', 'built', 'stopped', 'not-running', 'planned', 'failed'] as const;

/** One thing that was or would be done to a service. */
const changeSchema = z.object({
  action: z.enum(['build', 'start', 'replace', 'stop']),
  /** The instance that is replaced or stopped. */
  instance: z.string().optional(),
  node: z.string().optional(),
});

/** An answer for one service. */
export const serviceReplySchema = z.object({
  name: z.string(),
  status: z.enum(serviceOutcomes),
  release: z.string().optional(),
  instances: z.array(instanceAddressSchema),
  /** Milliseconds per phase: fetch, build, push, place, pull, start, healthy, stop, ... */
  phases: z.record(z.string(), z.number()),
  /** The names of the phases in the order in which they first ended: a JSON object has no order of its own. */
  phaseOrder: z.array(z.string()).optional(),
  error: taskErrorSchema.optional(),
  /** What is worth knowing before or after, such as what makes a replacement visible to users. */
  notes: z.array(z.string()).optional(),
  /** Of a dry run: what would be done; none where there is nothing to do. */
  plan: z.array(changeSchema).optional(),
  /** Of a failed replacement: what goes on serving. */
  serving: z.object({ release: z.string().optional(), instances: z.array(instanceAddressSchema) }).optional(),
});

/** The answer to one request. At least once, and always the same content for one token. */
export const deploymentReplied = defineMessage({
  type: 'slipway.deployment.replied.v1',
  topic: topics.deploymentResponses,
  summary: 'Where each service of a request runs, or why it does not.',
  schema: z.object({
    token: z.string(),
    status: z.boolean(),
    services: z.array(serviceReplySchema),
    failed: z.array(z.string()),
    /** Of the service named `app-server`. */
    endpoint: z.object({ ip: z.string(), port: z.int(), url: z.string() }).optional(),
    /** Why the whole request was refused, when it was. */
    error: taskErrorSchema.optional(),
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
export type ServiceOutcome = ServiceReply['status'];
export type Change = z.infer<typeof changeSchema>;
export type TaskError = z.infer<typeof taskErrorSchema>;
export type InstanceAddress = z.infer<typeof instanceAddressSchema>;
