import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { nodeNameSchema, accessTokenSchema, timestampSchema } from '../names.js';
import { hostKeyTypeSchema, jumpHostSchema } from '../ssh-way.js';
import { topics } from '../topics.js';

/** How a node is reached, and what is reserved there. */
export const assignedNodeSchema = z.object({
  name: nodeNameSchema.describe('The name of the node.'),
  address: z.string().describe('Where its sshd and the instances on it are reached.'),
  sshPort: z.int().describe('The port of its sshd.'),
  sshUser: z.string().describe('The user to log in as.'),
  hostKeyFingerprint: z
    .string()
    .describe('`SHA256:...` of the pinned host key, as `ssh-keygen -lf` prints it.'),
  hostKeyType: hostKeyTypeSchema
    .optional()
    .describe('The type of that key; absent if the node was enrolled before types were stored.'),
  jump: jumpHostSchema.optional().describe('The machine in between; absent if the node is reached straight.'),
  socketPath: z
    .string()
    .optional()
    .describe("The path of the engine's socket on the node; absent if it is `/var/run/docker.sock`."),
  sealedLogin: z
    .string()
    .describe(
      "Compact JWE (ECDH-ES, A256GCM) to the deployer's key; inside: `{privateKey}`, `{privateKey, passphrase}` or `{password}`, and with a jump host its login as `jump`.",
    ),
  port: z.int().optional().describe('The host port that is reserved for the instance; absent for a worker.'),
  cpus: z.number().positive().optional().describe('The CPUs of the node.'),
  score: z.number().min(0).max(100).describe('How well the node fits; 100 is idle.'),
});

/** The load balancer's answer: a node with its sealed login, or why there is none. */
export const nodeAnswered = defineMessage({
  type: 'slipway.node.answered.v1',
  topic: topics.nodeResponses,
  summary: 'The reserved node, or why no node fits.',
  schema: z.object({
    accessToken: accessTokenSchema.describe(
      'The access token of the node request; it ties the answer and the reservation to the instance.',
    ),
    appId: z.string().describe("The application's id."),
    service: z.string().describe('The name of the service.'),
    node: assignedNodeSchema.optional().describe('The reserved node; absent if none fits.'),
    waitedSince: timestampSchema
      .optional()
      .describe('Since when the request has waited for room; absent if it was answered at once.'),
    lineIsFull: z
      .boolean()
      .optional()
      .describe(
        '`true`: the request could not wait for room, because as many wait as `LOAD_BALANCER_MOST_WAITING` allows.',
      ),
    refusals: z
      .array(
        z.object({
          node: z.string().describe('The name of the node.'),
          reason: z.string().describe('What ruled it out.'),
        }),
      )
      .default([])
      .describe(
        'Without a node: for each node what ruled it out, with needed, used and total where it is capacity.',
      ),
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
      hostKeyType: 'ed25519',
      jump: {
        address: 'bastion.example.com',
        sshPort: 22,
        sshUser: 'jump',
        hostKeyFingerprint: 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
        hostKeyType: 'ed25519',
      },
      socketPath: '/run/user/1000/docker.sock',
      sealedLogin: 'eyJhbGciOiJFQ0RILUVTIn0..iv.ct.tag',
      port: 20000,
      score: 93.5,
    },
    waitedSince: '2026-01-01T00:00:00.000Z',
    lineIsFull: false,
    refusals: [],
  },
});

export type NodeAnswer = MessageData<typeof nodeAnswered>;
export type AssignedNode = z.infer<typeof assignedNodeSchema>;
