import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { appIdSchema, nodeNameSchema, printable, serviceNameSchema, tokenSchema } from '../names.js';
import { deadlineMsField } from '../request-fields.js';
import { topics } from '../topics.js';

/**
 * The load balancer asks the deployer to move one instance to another node, replacement first. What is wanted of the
 * service stays as it is. It is answered as a scale request is, by the same token.
 */
export const moveRequested = defineMessage({
  type: 'slipway.move.requested.v1',
  topic: topics.moveRequests,
  summary: 'Start another instance on a named node, then stop the one whose place it takes.',
  schema: z.object({
    token: tokenSchema.describe('The request token: the idempotency key of the caller.'),
    appId: appIdSchema.describe("The application's id."),
    appName: z.string().describe("The application's name."),
    service: serviceNameSchema.describe('The name of the service.'),
    instance: printable(255).describe('The name of the instance that is to be replaced.'),
    toNode: nodeNameSchema.describe('The node on which the other one is started; no other node will do.'),
    reason: printable(500).optional().describe('Why, for those who read the requests later.'),
    deadlineMs: deadlineMsField,
  }),
  key: (data) => data.appId,
  example: {
    token: 'rebalance-4711',
    appId: 'shop',
    appName: 'Shop',
    service: 'app-server',
    instance: 'shop-app-server-8d2f01ac-0',
    toNode: 'node-3',
    reason: 'node-1 93 % -> 71 % of CPU, node-3 20 % -> 42 %',
    deadlineMs: 600_000,
  },
});

export type MoveRequest = MessageData<typeof moveRequested>;
