import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { nodeNameSchema } from '../names.js';
import { topics } from '../topics.js';

/** The deployer wants to look at a node, with the login that it has now: nothing is placed there for that. */
export const nodeAccessRequested = defineMessage({
  type: 'slipway.node.access-requested.v1',
  topic: topics.nodeRequests,
  summary: 'How is this node reached now?',
  schema: z.object({ node: nodeNameSchema.describe('The name of the node.') }),
  key: (data) => data.node,
  example: { node: 'node-1' },
});

export type NodeAccessRequest = MessageData<typeof nodeAccessRequested>;
