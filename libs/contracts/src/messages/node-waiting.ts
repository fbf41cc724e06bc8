import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { accessTokenSchema, appIdSchema, serviceNameSchema, timestampSchema } from '../names.js';
import { prioritySchema } from '../priority.js';
import { topics } from '../topics.js';

/**
 * No node fits now, and the request waits for room. It is said once; the answer comes when there is room, or at `until`.
 * The request is an object of its own, so that nobody takes this for an answer without a node.
 */
export const nodeWaiting = defineMessage({
  type: 'slipway.node.waiting.v1',
  topic: topics.nodeResponses,
  summary: 'No node fits now: the node request waits for room.',
  schema: z.object({
    appId: appIdSchema.describe("The application's id."),
    service: serviceNameSchema.describe('The name of the service.'),
    request: z
      .object({
        accessToken: accessTokenSchema.describe('The access token of the node request.'),
        priority: prioritySchema.describe('Of those that wait, the higher ones go first.'),
      })
      .describe('Which node request waits.'),
    since: timestampSchema.describe('Since when it waits.'),
    until: timestampSchema.describe('When it is answered without a node if there is no room until then.'),
    missing: z
      .array(z.string())
      .describe('For each filter that rules nodes out: how many, and what is missing on the closest one.'),
  }),
  key: (data) => data.appId,
  example: {
    appId: 'shop',
    service: 'app-server',
    request: { accessToken: 'order-4711:app-server:0', priority: 10 },
    since: '2026-01-01T00:00:00.000Z',
    until: '2026-01-01T00:01:00.000Z',
    missing: ['cpu: needs 2 cores, best free 1.4 on node-3 (rules out 3 nodes)'],
  },
});

export type NodeWaiting = MessageData<typeof nodeWaiting>;
