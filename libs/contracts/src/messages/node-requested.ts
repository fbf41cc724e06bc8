import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import {
  appIdSchema,
  nodeNameSchema,
  serviceNameSchema,
  accessTokenSchema,
  timestampSchema,
} from '../names.js';
import { topics } from '../topics.js';

/** The deployer asks for the best node for one instance; the answer carries the same access token. */
export const nodeRequested = defineMessage({
  type: 'slipway.node.requested.v1',
  topic: topics.nodeRequests,
  summary: 'Reserve capacity for one instance on the best node.',
  schema: z.object({
    accessToken: accessTokenSchema,
    appId: appIdSchema,
    service: serviceNameSchema,
    resources: z.object({
      /** Cores; 0.5 is half a core. */
      cpu: z.number().positive(),
      memoryMiB: z.int().positive(),
    }),
    /** Nodes that just failed this task; used only when nothing else fits. */
    avoidNodes: z.array(nodeNameSchema).default([]),
    /** When the promise may lapse if no instance report has bound it. */
    expiresAt: timestampSchema,
  }),
  key: (data) => data.appId,
  example: {
    accessToken: 'order-4711:app-server:0',
    appId: 'shop',
    service: 'app-server',
    resources: { cpu: 0.25, memoryMiB: 128 },
    avoidNodes: [],
    expiresAt: '2026-01-01T00:15:00.000Z',
  },
});

export type NodeRequest = MessageData<typeof nodeRequested>;
