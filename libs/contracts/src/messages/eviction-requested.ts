import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import {
  accessTokenSchema,
  appIdSchema,
  nodeNameSchema,
  printable,
  serviceNameSchema,
  timestampSchema,
} from '../names.js';
import { prioritySchema } from '../priority.js';
import { topics } from '../topics.js';

const LONGEST_NAME = 255;

/** The load balancer asks the deployer to stop an instance, so that one of a higher priority has room on its node. */
export const evictionRequested = defineMessage({
  type: 'slipway.eviction.requested.v1',
  topic: topics.nodeResponses,
  summary: 'An instance is to make room for one of a higher priority.',
  schema: z.object({
    appId: appIdSchema.describe('The application of the instance that is to be stopped.'),
    service: serviceNameSchema.describe('Its service.'),
    victim: z
      .object({
        instance: printable(LONGEST_NAME).describe('The name of the instance that is to be stopped.'),
        node: nodeNameSchema.describe('The node on which it runs.'),
      })
      .describe('Which instance is to be stopped.'),
    preemptor: z
      .object({
        accessToken: accessTokenSchema.describe('The access token of the node request that waits.'),
        appId: appIdSchema.describe('The application that waits.'),
        service: serviceNameSchema.describe('The service that waits.'),
        priority: prioritySchema.describe('Its priority.'),
      })
      .describe('For whom it makes room.'),
    askedAt: timestampSchema.describe('When it was decided.'),
  }),
  key: (data) => data.appId,
  example: {
    appId: 'reports',
    service: 'nightly',
    victim: { instance: 'reports-nightly-8d2f01ac-0', node: 'node-1' },
    preemptor: { accessToken: 'order-4711:web:0', appId: 'shop', service: 'web', priority: 50 },
    askedAt: '2026-01-01T00:00:00.000Z',
  },
});

export type EvictionRequest = MessageData<typeof evictionRequested>;
