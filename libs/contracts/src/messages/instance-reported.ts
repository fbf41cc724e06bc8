import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { timestampSchema } from '../names.js';
import { topics } from '../topics.js';

export const instanceStates = ['running', 'draining', 'stopped', 'failed'] as const;

/** What the deployer knows of one container; the node manager writes the registry from it. */
export const instanceReported = defineMessage({
  type: 'slipway.instance.reported.v1',
  topic: topics.instanceReports,
  summary: 'An instance runs, is to get no more traffic, was stopped, or failed to start.',
  mayWait: true,
  schema: z.object({
    instance: z.string().describe('The name of the instance and of its container; unique for ever.'),
    state: z.enum(instanceStates).describe('What became of it.'),
    reason: z.string().optional().describe('Why; absent where there is nothing to say.'),
    appId: z.string().describe("The application's id."),
    appName: z.string().describe('The application as people call it.'),
    service: z.string().describe('The name of the service.'),
    release: z.string().describe('The release that it runs.'),
    image: z.string().describe('The image, by digest.'),
    node: z.string().describe('The name of the node.'),
    ip: z.string().describe('The address of the node.'),
    port: z.int().optional().describe('Its port on the node; absent for a worker.'),
    url: z.string().optional().describe('Where it is reached; absent for a worker.'),
    container: z.string().describe("The container's id in the node's engine."),
    accessToken: z.string().describe('The access token that ties it to its reservation.'),
    crashing: z
      .object({
        restarts: z.int().min(1).describe('How often its engine has started it again.'),
        since: timestampSchema.describe('When that was first seen.'),
      })
      .optional()
      .describe('Of one that runs: its process ended within the last minute. Absent once it has held.'),
    restarted: z
      .object({ at: timestampSchema.describe('When.') })
      .optional()
      .describe('A repair has started its container again, which had been stopped through its engine.'),
    resources: z
      .object({
        cpu: z.number().describe('Cores; 0.5 is half a core.'),
        memoryMiB: z.int().describe('Memory in MiB.'),
      })
      .describe('Its limits.'),
    startedAt: timestampSchema.describe('When the container was started.'),
    reportedAt: timestampSchema.describe('When this was observed; an older report changes nothing.'),
  }),
  key: (data) => data.appId,
  example: {
    instance: 'shop-app-server-8d2f01ac-0',
    state: 'running',
    reason: 'The request order-4712 failed: it serves again.',
    appId: 'shop',
    appName: 'The shop',
    service: 'app-server',
    release: 'shop-app-server-3f2a9c1d4e5b',
    image: 'registry.example:5000/shop/app-server@sha256:' + 'a'.repeat(64),
    node: 'node-1',
    ip: '10.80.0.11',
    port: 20000,
    url: 'http://10.80.0.11:20000',
    container: '9f1c',
    accessToken: 'order-4711:app-server:0',
    crashing: { restarts: 3, since: '2026-01-01T00:00:00.500Z' },
    resources: { cpu: 0.25, memoryMiB: 128 },
    startedAt: '2026-01-01T00:00:00.000Z',
    reportedAt: '2026-01-01T00:00:01.000Z',
  },
});

export type InstanceReport = MessageData<typeof instanceReported>;
