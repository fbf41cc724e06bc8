import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { accessTokenSchema, appIdSchema } from '../names.js';
import { topics } from '../topics.js';

/** The deployer gives back a reservation that it does not need: it is free at once. */
export const nodeReleased = defineMessage({
  type: 'slipway.node.released.v1',
  topic: topics.nodeRequests,
  summary: 'A reservation is not needed any more.',
  schema: z.object({
    accessToken: accessTokenSchema.describe('The access token of the node request.'),
    appId: appIdSchema.describe("The application's id."),
    portTaken: z
      .boolean()
      .optional()
      .describe(
        '`true` if something else listens at the reserved port: it is not given to others for ten minutes.',
      ),
    failed: z
      .boolean()
      .optional()
      .describe('`true` if the instance could not start there for a reason of the node.'),
  }),
  key: (data) => data.appId,
  example: { accessToken: 'order-4711:app-server:0', appId: 'shop' },
});

export type NodeRelease = MessageData<typeof nodeReleased>;
