import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { nodeNameSchema, printable, timestampSchema } from '../names.js';
import { topics } from '../topics.js';

const LONGEST_NAME = 255;
const LONGEST_PATH = 1_024;
const MOST_CHANGES = 1_000;
/** As the kernel writes sets of CPUs. */
const CPU_SET = /^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/;
/** No part of it is `.` or `..`. */
const CGROUP_PATH = /^(\/(?!\.{1,2}(\/|$))[^/\p{Cc}\p{Cs}]+)+$/u;

const bytesPerSecond = () => z.int().min(1).nullable().optional();

/** Absolute. `null` takes a limit away; what is left out stays as it is. */
export const limitsWantedSchema = z.object({
  cpus: z.number().min(0.01).max(10_000).nullable().optional().describe('Cores; 0.5 is half a core.'),
  cpuset: z
    .string()
    .max(1_000)
    .regex(CPU_SET, 'expected CPUs such as 0-3,6')
    .nullable()
    .optional()
    .describe('The CPUs that it may use, such as `0-3,6`.'),
  memoryBytes: z.int().min(1).nullable().optional().describe('Memory. It has no swap beside it.'),
  diskReadBytesPerSecond: bytesPerSecond().describe('Bytes that it may read from each disk.'),
  diskWriteBytesPerSecond: bytesPerSecond().describe('Bytes that it may write to each disk.'),
  networkBytesPerSecond: bytesPerSecond().describe('Bytes that may come in by its network.'),
});

const changeSchema = z
  .object({
    instance: printable(LONGEST_NAME).optional().describe('The name of the instance.'),
    container: z
      .union([
        printable(LONGEST_NAME).regex(/^[^/]+$/, 'a path begins with /'),
        z.string().max(LONGEST_PATH).regex(CGROUP_PATH, 'expected a path without . and ..'),
      ])
      .optional()
      .describe(
        'Of what is no instance: the id or name of a container, or the path of a control group, which begins with `/`.',
      ),
    limits: limitsWantedSchema.describe(
      'Absolute. `null` takes a limit away. What is left out stays; where all is left out, the limits are only read.',
    ),
  })
  .refine(({ instance, container }) => (instance === undefined) !== (container === undefined), {
    error: 'expected either instance or container',
  });

/** The rescaler asks the agent that holds the lease of a node for limits of what runs there. */
export const limitRequested = defineMessage({
  type: 'slipway.limit.requested.v1',
  topic: topics.limitRequests,
  summary: 'Containers that run on a node are to have other limits.',
  schema: z.object({
    request: z.uuid().describe('Its id. The same one is answered the same, and applied once.'),
    node: nodeNameSchema.describe('The name of the node.'),
    fence: z
      .int()
      .min(1)
      .describe("Of the rescaler's lease of the node. A lower one than the highest seen is refused."),
    at: timestampSchema.describe('When it was decided. After 30 s it is applied no more.'),
    changes: z
      .array(changeSchema)
      .min(1)
      .max(MOST_CHANGES)
      .describe('Applied in this order. What fails of one does not stop the others.'),
  }),
  key: (data) => data.node,
  example: {
    request: '0197f5a4-2c61-7b53-9d0e-3f0a4be1c111',
    node: 'node-1',
    fence: 3,
    at: '2026-01-01T00:00:00.000Z',
    changes: [
      {
        instance: 'shop-app-server-8d2f01ac-0',
        limits: { cpus: 0.75, cpuset: '0,2', memoryBytes: 268_435_456 },
      },
      { container: '/lxc/batch', limits: { diskReadBytesPerSecond: 4_194_304, networkBytesPerSecond: null } },
    ],
  },
});

export type LimitRequest = MessageData<typeof limitRequested>;
export type LimitChange = LimitRequest['changes'][number];
export type LimitsWanted = z.output<typeof limitsWantedSchema>;
