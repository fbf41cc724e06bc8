import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { nodeNameSchema, accessTokenSchema } from '../names.js';
import { topics } from '../topics.js';

const assignedNodeSchema = z.object({
  name: nodeNameSchema,
  /** Where instances on it are reached, and where its sshd listens. */
  address: z.string(),
  sshPort: z.int(),
  sshUser: z.string(),
  /** `SHA256:...` of the pinned host key, as `ssh-keygen -lf` prints it. */
  hostKeyFingerprint: z.string(),
  /** Compact JWE (ECDH-ES, A256GCM) to the deployer's key; inside: `{privateKey}` or `{password}`. */
  sealedLogin: z.string(),
  /** Host port reserved for the instance. */
  port: z.int(),
  /** Of the machine. */
  cpus: z.number().positive().optional(),
  score: z.number().min(0).max(100),
});

/** The load balancer's answer: a node with its sealed login, or why there is none. */
export const nodeAnswered = defineMessage({
  type: 'slipway.node.answered.v1',
  topic: topics.nodeResponses,
  summary: 'The reserved node, or why no node fits.',
  schema: z.object({
    accessToken: accessTokenSchema,
    appId: z.string(),
    service: z.string(),
    node: assignedNodeSchema.optional(),
    /** Only without a node: per node what ruled it out, with needed, used and total where it is capacity. */
    refusals: z.array(z.object({ node: z.string(), reason: z.string() })).default([]),
  }),
  key: (data) => data.appId,
  example: {
    accessToken: 'order-4711:app-server:0',
    appId: 'shop',
    service: 'app-server',
    node: {
      name: 'node-1',
      address: '10.80.0.11',
      sshPort: 22,
      sshUser: 'root',
      hostKeyFingerprint: 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
      sealedLogin: 'eyJhbGciOiJFQ0RILUVTIn0..iv.ct.tag',
      port: 20000,
      score: 93.5,
    },
    refusals: [],
  },
});

export type NodeAnswer = MessageData<typeof nodeAnswered>;
export type AssignedNode = z.infer<typeof assignedNodeSchema>;
