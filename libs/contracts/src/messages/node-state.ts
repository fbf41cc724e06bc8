import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { nodeNameSchema, timestampSchema } from '../names.js';
import { LAYER_NAME_LENGTH, MOST_LAYERS } from '../layers.js';
import { topics } from '../topics.js';

/** States come every ten seconds. Where none has come for so long, nobody watches the node. */
export const AGENT_SILENT_MS = 30_000;

const percentiles = (what: string) =>
  z
    .object({
      p50: z.number().min(0).describe('Half of the time it was at most this.'),
      p95: z.number().min(0).describe('95 % of the time it was at most this.'),
      max: z.number().min(0).describe('It was never more than this.'),
    })
    .describe(what);

/** How a node is. The newest of a node is the whole of it; one without a body says that the node was removed. */
export const nodeState = defineMessage({
  type: 'slipway.node.state.v1',
  topic: topics.nodeState,
  summary:
    'How a node is: whether it answers, how large it is, how busy it was. Sent on change and every 10 s; without a body once the node was removed.',
  schema: z.object({
    node: nodeNameSchema.describe('The name of the node.'),
    fence: z.int().min(1).describe('Rises with every take-over of the node; a lower one is of no use.'),
    liveness: z
      .object({
        state: z.enum(['alive', 'unreachable']).describe('Whether it answers.'),
        reason: z.string().optional().describe('Why it is unreachable.'),
        since: timestampSchema.describe('Since when it is so.'),
      })
      .describe('The verdict of the agent that watches it.'),
    observedAt: timestampSchema.describe('When this was observed.'),
    sizes: z
      .object({
        cpus: z.int().min(1).describe('Cores.'),
        memoryBytes: z.int().min(0).describe('Memory.'),
        diskBytes: z.int().min(0).optional().describe("The file system of the engine's data."),
      })
      .optional()
      .describe('Absent until it was looked at.'),
    topology: z
      .object({
        sockets: z.int().min(1).describe('Processors.'),
        cores: z.int().min(1).describe('Their cores.'),
        threads: z.int().min(1).describe('What the kernel schedules on.'),
        numaNodes: z.array(z.string()).describe('CPUs of each memory node, such as `0-3,8`.'),
      })
      .optional()
      .describe('What it computes with; absent until it was looked at.'),
    diskFreeBytes: z.int().min(0).optional().describe("Room on the file system of the engine's data."),
    clockSkewMs: z
      .int()
      .optional()
      .describe("By how much the node's clock is ahead of the database's; negative where it is behind."),
    listeningPorts: z
      .array(z.int().min(1).max(65_535))
      .optional()
      .describe(
        'TCP ports of its range for instances on which something listens, those of instances too, ascending. Looked at once a minute; absent until then.',
      ),
    engine: z
      .object({
        version: z.string().describe('The version of the engine.'),
        images: z.int().min(0).describe('How many images it has.'),
        imageBytes: z.int().min(0).describe('Their size together; layers that they share count in each.'),
        layers: z
          .string()
          .max(MOST_LAYERS * LAYER_NAME_LENGTH)
          .optional()
          .describe(
            'The names of the layers of its images, of six characters each, one behind the other, each once (see `layers` of a node request). Absent until all of its images were looked at, or where it has more than 1,000 layers.',
          ),
      })
      .optional()
      .describe('Asked every minute; absent until it answered.'),
    lastHour: z
      .object({
        seconds: z.int().min(0).describe('How much of the hour was observed.'),
        cpu: percentiles('Cores in use.'),
        memoryBytes: percentiles('Memory in use.'),
        others: z
          .object({
            cpu: percentiles('Cores in use.'),
            memoryBytes: percentiles('Memory in use.'),
          })
          .optional()
          .describe(
            'Of that, what is not of instances of Slipway: other containers, other programs, the engine. Absent where that was never observed.',
          ),
      })
      .optional()
      .describe('Of the node itself, with all that is not of Slipway; absent until it was looked at.'),
    lastMinutes: z
      .object({
        seconds: z.int().min(0).describe('How much of the two minutes was observed.'),
        othersCpu: percentiles('Cores in use by what is not of instances of Slipway.'),
      })
      .optional()
      .describe('The last two minutes. Absent where the use of others was not observed in them.'),
  }),
  key: (data) => data.node,
  example: {
    node: 'node-1',
    fence: 7,
    liveness: {
      state: 'unreachable',
      reason: '10.80.0.11:22 does not answer',
      since: '2026-01-01T00:00:00.000Z',
    },
    observedAt: '2026-01-01T00:00:10.000Z',
    sizes: { cpus: 4, memoryBytes: 8_589_934_592, diskBytes: 107_374_182_400 },
    topology: { sockets: 1, cores: 2, threads: 4, numaNodes: ['0-3'] },
    diskFreeBytes: 64_424_509_440,
    clockSkewMs: -3,
    listeningPorts: [20_000, 20_001, 20_117],
    engine: { version: '29.0.1', images: 14, imageBytes: 5_368_709_120, layers: 'q83vEjRWeJqr' },
    lastHour: {
      seconds: 3_540,
      cpu: { p50: 0.7, p95: 2.4, max: 3.9 },
      memoryBytes: { p50: 3_221_225_472, p95: 4_294_967_296, max: 4_831_838_208 },
      others: {
        cpu: { p50: 0.1, p95: 0.6, max: 1.2 },
        memoryBytes: { p50: 1_073_741_824, p95: 1_288_490_189, max: 1_395_864_371 },
      },
    },
    lastMinutes: { seconds: 120, othersCpu: { p50: 0.2, p95: 0.5, max: 0.6 } },
  },
});

export type NodeState = MessageData<typeof nodeState>;
