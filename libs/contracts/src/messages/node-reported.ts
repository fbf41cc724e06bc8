import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { nodeNameSchema, timestampSchema } from '../names.js';
import { topics } from '../topics.js';

/** Whether a node answers the deployer. It counts where no agent watches the node. */
export const nodeReported = defineMessage({
  type: 'slipway.node.reported.v1',
  topic: topics.nodeReports,
  summary:
    'A node stopped answering, or answers again; that it is clean after it came back; what holds its drain up; or what was removed from it.',
  schema: z.object({
    node: nodeNameSchema.describe('The name of the node.'),
    state: z.enum(['ready', 'unreachable']).describe('Whether it answers.'),
    reason: z.string().optional().describe('What it answered, or why it did not.'),
    reportedAt: timestampSchema.describe('When this was observed.'),
    cleaned: timestampSchema
      .optional()
      .describe(
        'The `liveness.since` of the return after which nothing is left there of the time before; left out where it is none.',
      ),
    holding: z
      .array(
        z.object({
          instance: z.string().describe('Its name.'),
          appId: z.string().describe('Its application.'),
          service: z.string().describe('Its service.'),
          reason: z.string().describe('Why it is not moved yet.'),
        }),
      )
      .optional()
      .describe('What holds a drain of the node up, all of it; left out where nothing is new of that.'),
    imagesRemoved: z
      .object({
        retired: z.int().min(0).describe('Those of releases that were retired.'),
        forDisk: z.int().min(0).describe('Those that nothing ran there, because the disk was too full.'),
      })
      .optional()
      .describe('How many images have just been removed from the node.'),
  }),
  key: (data) => data.node,
  example: {
    node: 'node-1',
    state: 'unreachable',
    reason: 'connect ECONNREFUSED 10.80.0.11:22',
    reportedAt: '2026-01-01T00:00:00.000Z',
  },
});

export type NodeReport = MessageData<typeof nodeReported>;
