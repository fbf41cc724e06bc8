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
    /** The instance's name, which is its container's name; unique for ever. */
    instance: z.string(),
    state: z.enum(instanceStates),
    appId: z.string(),
    appName: z.string(),
    service: z.string(),
    release: z.string(),
    image: z.string(),
    node: z.string(),
    ip: z.string(),
    port: z.int(),
    url: z.string(),
    container: z.string(),
    /** Ties the report to its reservation. */
    accessToken: z.string(),
    resources: z.object({ cpu: z.number(), memoryMiB: z.int() }),
    startedAt: timestampSchema,
    reportedAt: timestampSchema,
  }),
  key: (data) => data.appId,
  example: {
    instance: 'shop-app-server-8d2f01ac-0',
    state: 'running',
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
    resources: { cpu: 0.25, memoryMiB: 128 },
    startedAt: '2026-01-01T00:00:00.000Z',
    reportedAt: '2026-01-01T00:00:01.000Z',
  },
});

export type InstanceReport = MessageData<typeof instanceReported>;
