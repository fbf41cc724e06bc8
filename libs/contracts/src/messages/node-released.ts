import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { accessTokenSchema, appIdSchema } from '../names.js';
import { topics } from '../topics.js';

/** The deployer gives back what it asked for and does not need: the reservation is free at once. */
export const nodeReleased = defineMessage({
  type: 'slipway.node.released.v1',
  topic: topics.nodeRequests,
  summary: 'A reservation is not needed any more.',
  schema: z.object({ accessToken: accessTokenSchema, appId: appIdSchema }),
  key: (data) => data.appId,
  example: { accessToken: 'order-4711:app-server:0', appId: 'shop' },
});

export type NodeRelease = MessageData<typeof nodeReleased>;
