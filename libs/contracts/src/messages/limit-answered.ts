import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { nodeNameSchema, timestampSchema } from '../names.js';
import { topics } from '../topics.js';

const amount = () => z.number().min(0).nullable().optional();
const bytes = () => z.int().min(0).nullable().optional();

/** What the kernel holds. `null` is no limit; what it does not say is left out. */
export const limitsAppliedSchema = z.object({
  cpus: amount().describe('Cores.'),
  cpuset: z.string().nullable().optional().describe('The CPUs that it may use.'),
  memoryBytes: bytes().describe('Memory.'),
  diskReadBytesPerSecond: bytes().describe('Bytes that it may read from each disk.'),
  diskWriteBytesPerSecond: bytes().describe('Bytes that it may write to each disk.'),
  networkBytesPerSecond: bytes().describe('Bytes that may come in by its network.'),
});

export const limitNameSchema = z.enum(['cpu', 'cpuset', 'memory', 'diskRead', 'diskWrite', 'network']);

/** Why a limit was not applied. */
export const limitRefusalSchema = z.enum([
  'MEMORY_IN_USE',
  'UNSUPPORTED',
  'GONE',
  'FENCE_OUTDATED',
  'EXPIRED',
  'UNREACHABLE',
  'FAILED',
]);

/** What came of a request of limits. */
export const limitAnswered = defineMessage({
  type: 'slipway.limit.answered.v1',
  topic: topics.limitAnswers,
  summary: 'What limits the kernel of a node holds after a request of limits.',
  schema: z.object({
    request: z.uuid().describe('The id of the request.'),
    node: nodeNameSchema.describe('The name of the node.'),
    at: timestampSchema.describe('When it was answered.'),
    changes: z
      .array(
        z.object({
          instance: z.string().optional().describe('As the request has it.'),
          container: z.string().optional().describe('As the request has it.'),
          applied: limitsAppliedSchema
            .optional()
            .describe(
              'All limits, as they were read afterwards; `null` where there is none. Absent where they could not be read: then `node.observed` tells them when the node answers again.',
            ),
          memoryUsedBytes: z
            .int()
            .min(0)
            .optional()
            .describe('Memory that the kernel counted against the limit when it was read.'),
          refused: z
            .array(
              z.object({
                limit: limitNameSchema.describe('Which limit.'),
                code: limitRefusalSchema.describe(
                  '`MEMORY_IN_USE`: it is as low as what is in use allows. `UNSUPPORTED`: the node cannot, or the login may not. `GONE`: it does not run there. `FENCE_OUTDATED`: another replica decides by now. `EXPIRED`: it came too late. `UNREACHABLE`: the node did not answer, so it may be applied or not. `FAILED`: the engine or the kernel refused it.',
                ),
                why: z.string().describe('For people.'),
              }),
            )
            .optional()
            .describe('Limits that are not as they were asked for; absent where all are.'),
        }),
      )
      .describe('One of each change, in the same order.'),
  }),
  key: (data) => data.node,
  example: {
    request: '0197f5a4-2c61-7b53-9d0e-3f0a4be1c111',
    node: 'node-1',
    at: '2026-01-01T00:00:00.180Z',
    changes: [
      {
        instance: 'shop-app-server-8d2f01ac-0',
        applied: {
          cpus: 0.75,
          cpuset: '0,2',
          memoryBytes: 301_989_888,
          diskReadBytesPerSecond: null,
          diskWriteBytesPerSecond: null,
          networkBytesPerSecond: null,
        },
        memoryUsedBytes: 285_212_672,
        refused: [{ limit: 'memory', code: 'MEMORY_IN_USE', why: '272 MiB are in use' }],
      },
      {
        container: '/lxc/batch',
        refused: [{ limit: 'diskRead', code: 'GONE', why: 'there is no such control group' }],
      },
    ],
  },
});

export type LimitAnswer = MessageData<typeof limitAnswered>;
export type LimitsApplied = z.output<typeof limitsAppliedSchema>;
export type LimitName = z.output<typeof limitNameSchema>;
export type LimitRefusal = z.output<typeof limitRefusalSchema>;
