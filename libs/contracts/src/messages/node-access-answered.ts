import { defineMessage, type MessageData } from '../message.js';
import { topics } from '../topics.js';
import { assignedNodeSchema } from './node-answered.js';

/** How a node is reached now; a node that is enrolled no more has no answer. */
export const nodeAccessAnswered = defineMessage({
  type: 'slipway.node.access-answered.v1',
  topic: topics.nodeResponses,
  summary: 'How a node is reached now, with its sealed login.',
  schema: assignedNodeSchema.omit({ port: true, score: true }),
  key: (data) => data.name,
  example: {
    name: 'node-1',
    address: '10.80.0.11',
    sshPort: 22,
    sshUser: 'root',
    hostKeyFingerprint: 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
    hostKeyType: 'ed25519',
    sealedLogin: 'eyJhbGciOiJFQ0RILUVTIn0..iv.ct.tag',
  },
});

export type NodeAccessAnswer = MessageData<typeof nodeAccessAnswered>;
