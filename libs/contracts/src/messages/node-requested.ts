import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import {
  appIdSchema,
  nodeNameSchema,
  serviceNameSchema,
  accessTokenSchema,
  timestampSchema,
} from '../names.js';
import { imageLayersSchema } from '../layers.js';
import { placementRulesSchema } from '../service-config.placement.js';
import { prioritySchema } from '../priority.js';
import { topics } from '../topics.js';

/** The deployer asks for the best node for one instance; the answer carries the same access token. */
export const nodeRequested = defineMessage({
  type: 'slipway.node.requested.v1',
  topic: topics.nodeRequests,
  summary: 'Reserve capacity for one instance on the best node.',
  schema: z.object({
    accessToken: accessTokenSchema.describe(
      'The access token of the node request; it ties the answer and the reservation to the instance.',
    ),
    appId: appIdSchema.describe("The application's id."),
    service: serviceNameSchema.describe('The name of the service.'),
    resources: z
      .object({
        cpu: z.number().positive().describe('Cores; 0.5 is half a core.'),
        memoryMiB: z.int().positive().describe('Memory in MiB.'),
      })
      .describe('What the instance needs.'),
    needsPort: z
      .boolean()
      .optional()
      .describe('`false` for a worker: no host port is reserved. If it is absent, one is.'),
    onNode: nodeNameSchema
      .optional()
      .describe('The node on which the volumes of the service lie: no other one will do.'),
    hasVolumes: z
      .boolean()
      .optional()
      .describe('`true`: the service has volumes, so its instance stays on the node that it is given.'),
    toNode: nodeNameSchema
      .optional()
      .describe('Of a move: the node that the instance is to go to; no other one will do.'),
    rebalance: z
      .boolean()
      .optional()
      .describe('`false`: the instance is never moved to balance the load, by its config.json.'),
    placement: placementRulesSchema
      .optional()
      .describe('Which nodes may take it, by its config.json; any with room where it is absent.'),
    image: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe('Its image, by digest: a node that has it is a little better.'),
    architecture: z
      .string()
      .max(50)
      .optional()
      .describe('What its image was built for, such as `amd64`; any node will do where it is absent.'),
    imageLayers: imageLayersSchema
      .optional()
      .describe(
        'What the image consists of: a node that lacks less of it is a little better, and one that has no room for the rest is not taken. Absent where it is not known.',
      ),
    avoidNodes: z
      .array(nodeNameSchema)
      .default([])
      .describe('Nodes that just failed this task; used only if nothing else fits.'),
    exceptNodes: z
      .array(nodeNameSchema)
      .optional()
      .describe(
        'Nodes that just failed this instance in a way that another try does not change: never used.',
      ),
    priority: prioritySchema
      .optional()
      .describe(
        'Of two requests that wait for room, the one with the higher priority goes first; 0 if absent.',
      ),
    waitUntil: timestampSchema
      .optional()
      .describe(
        'Until when it waits for room if no node fits now. If it is absent, the answer comes at once.',
      ),
    preempt: z
      .boolean()
      .optional()
      .describe(
        '`true`: while it waits, instances of services of a clearly lower priority may be stopped for it, where the load balancer allows that.',
      ),
    expiresAt: timestampSchema.describe(
      'When the reservation lapses if no report of the instance has bound it.',
    ),
  }),
  key: (data) => data.appId,
  example: {
    accessToken: 'order-4711:app-server:0',
    appId: 'shop',
    service: 'app-server',
    resources: { cpu: 0.25, memoryMiB: 128 },
    image: 'registry.example:5000/shop/app-server@sha256:' + 'a'.repeat(64),
    architecture: 'amd64',
    imageLayers: {
      architecture: 'amd64',
      layers: [
        { name: 'q83vEj', bytes: 29_126_484 },
        { name: 'RWeJqr', bytes: 1_204_113 },
      ],
    },
    avoidNodes: [],
    priority: 10,
    waitUntil: '2026-01-01T00:01:00.000Z',
    expiresAt: '2026-01-01T00:15:00.000Z',
  },
});

export type NodeRequest = MessageData<typeof nodeRequested>;
