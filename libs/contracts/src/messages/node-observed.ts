import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { appIdSchema, nodeNameSchema, serviceNameSchema, timestampSchema } from '../names.js';
import { topics } from '../topics.js';

const amount = () => z.number().min(0);
const bytes = () => z.int().min(0);

const diskIoSchema = z.object({
  readBytesPerSecond: amount().describe('Bytes read.'),
  writtenBytesPerSecond: amount().describe('Bytes written.'),
});
const networkSchema = z.object({
  inBytesPerSecond: amount().describe('Bytes that came in.'),
  outBytesPerSecond: amount().describe('Bytes that went out.'),
});

const hostUsageSchema = z.object({
  seconds: amount().describe('How long these rates were measured over, by the clock of the node.'),
  cpu: z
    .object({
      user: amount().describe('Cores that ran programs.'),
      system: amount().describe('Cores that ran the kernel.'),
      iowait: amount().describe('Cores that waited for disks.'),
      steal: amount().describe('Cores that a hypervisor gave to others.'),
    })
    .describe('CPU by state; 0.5 is half a core.'),
  load1: amount().describe('Processes that ran or waited, on average over one minute.'),
  pressure: z
    .object({
      cpu: amount().describe('For CPU.'),
      memory: amount().describe('For memory.'),
      io: amount().describe('For disks.'),
    })
    .optional()
    .describe('Percent of the last 10 s in which a process waited; absent where the kernel does not say.'),
  memoryAvailableBytes: bytes().describe('Memory that programs can still have.'),
  swapUsedBytes: bytes().describe('Swap in use.'),
  diskIo: diskIoSchema.optional().describe('Traffic of disks; absent where its counters began anew.'),
  network: networkSchema.optional().describe('Traffic of the network; absent where its counters began anew.'),
});

const hostSizesSchema = z.object({
  cpus: z.int().min(1).describe('Cores.'),
  memoryBytes: bytes().describe('Memory.'),
  swapBytes: bytes().describe('Swap.'),
  diskBytes: bytes().optional().describe("The file system of the engine's data."),
  diskFreeBytes: bytes().optional().describe('Room on it.'),
  clockSkewMs: z
    .int()
    .optional()
    .describe("By how much the node's clock is ahead of the database's; negative where it is behind."),
});

const usageSchema = z.object({
  cpu: amount().describe('Cores in use; 0.5 is half a core.'),
  cpuPeak: amount()
    .optional()
    .describe(
      'Cores in use in the busiest 100 ms of this second, right within a tenth. Absent where `observe.cpuPeaks` of config.json does not ask for it.',
    ),
  throttled: z
    .object({
      share: amount().describe(
        'Of the periods of its CPU limit, the share in which it was held back: 0 to 1.',
      ),
      secondsPerSecond: amount().describe('Seconds of waiting that this cost, summed over its threads.'),
    })
    .optional()
    .describe('Absent without a CPU limit.'),
  memoryBytes: bytes().describe('Memory, without the file cache that the kernel gives back.'),
  oomKills: z
    .int()
    .min(0)
    .optional()
    .describe(
      'Processes in it that the kernel killed for want of memory since it started; absent where the kernel does not count them.',
    ),
});

const detailsSchema = z.object({
  diskIo: diskIoSchema.optional().describe('Traffic of disks; absent where it is not known.'),
  network: networkSchema
    .optional()
    .describe('Traffic of the network; absent where it is not known, or where it shares that of the node.'),
  processes: z
    .int()
    .min(0)
    .optional()
    .describe('Processes and threads in it; absent where the kernel does not count them.'),
  limits: z
    .object({
      cpus: amount().optional().describe('Cores; absent where there is no limit.'),
      memoryBytes: bytes().optional().describe('Memory; absent where there is no limit.'),
      cpuset: z
        .string()
        .optional()
        .describe('The CPUs that it may use, such as `0-3`; absent where the kernel does not say.'),
      diskReadBytesPerSecond: bytes()
        .optional()
        .describe('Bytes that it may read from each disk; absent where there is no limit.'),
      diskWriteBytesPerSecond: bytes()
        .optional()
        .describe('Bytes that it may write to each disk; absent where there is no limit.'),
    })
    .describe('The limits that the kernel applies now.'),
  restarts: z.int().min(0).describe('How often its engine has started it again.'),
  health: z.string().optional().describe('What its health check says; absent without one.'),
});

const identitySchema = z.object({
  container: z.string().describe('The id of its container.'),
  appId: appIdSchema.describe("The application's id."),
  service: serviceNameSchema.describe('The name of the service.'),
  release: z.string().describe('The release that it runs.'),
});

/** A node in one second. Readers put wholes and deltas together by `NodeObservations` of libs/observations. */
export const nodeObserved = defineMessage({
  type: 'slipway.node.observed.v1',
  topic: topics.nodeObserved,
  summary:
    'What one node and its instances used in one second. Every tenth message is whole. The others say what is different from an earlier one.',
  schema: z.object({
    node: nodeNameSchema.describe('The name of the node.'),
    fence: z.int().min(1).describe('Rises with every take-over of the node; a lower one is of no use.'),
    sequence: z
      .int()
      .min(1)
      .describe('Rises by one each second. A number that never comes is a second without figures.'),
    since: z
      .int()
      .min(1)
      .optional()
      .describe('The sequence that this one builds on; absent in a whole, which builds on none.'),
    observedAt: timestampSchema.describe("When the node was asked, by the database's clock."),
    host: hostUsageSchema.describe('The node itself, with all that is not of Slipway.'),
    sizes: hostSizesSchema.optional().describe('Read every 10 s. In a delta only where something changed.'),
    instances: z
      .array(
        z.object({
          instance: z.string().describe('The name of the instance.'),
          identity: identitySchema.optional().describe('In a delta only where it is new.'),
          usage: usageSchema
            .nullable()
            .optional()
            .describe('`null` where this second is a gap. In a delta only where it changed.'),
          details: detailsSchema
            .optional()
            .describe('Read every 10 s. In a delta only where something changed; never there at first.'),
        }),
      )
      .describe('Instances that run: in a whole all, in a delta those that are new or changed.'),
    gone: z.array(z.string()).optional().describe('In a delta: instances that do not run any more.'),
    others: z
      .object({
        count: z.int().min(0).describe('How many.'),
        cpu: amount().describe('Cores in use.'),
        memoryBytes: bytes().describe('Memory.'),
      })
      .describe('All containers that are not instances, together.'),
  }),
  key: (data) => data.node,
  example: {
    node: 'node-1',
    fence: 7,
    sequence: 40,
    observedAt: '2026-01-01T00:00:00.000Z',
    host: {
      seconds: 1.002,
      cpu: { user: 0.61, system: 0.12, iowait: 0.01, steal: 0 },
      load1: 0.84,
      pressure: { cpu: 1.2, memory: 0, io: 0.1 },
      memoryAvailableBytes: 5_368_709_120,
      swapUsedBytes: 0,
      diskIo: { readBytesPerSecond: 0, writtenBytesPerSecond: 40_960 },
      network: { inBytesPerSecond: 12_400, outBytesPerSecond: 98_000 },
    },
    sizes: {
      cpus: 4,
      memoryBytes: 8_589_934_592,
      swapBytes: 0,
      diskBytes: 107_374_182_400,
      diskFreeBytes: 64_424_509_440,
      clockSkewMs: -3,
    },
    instances: [
      {
        instance: 'shop-app-server-8d2f01ac-0',
        identity: {
          container: '9f1c',
          appId: 'shop',
          service: 'app-server',
          release: 'shop-app-server-3f2a9c1d4e5b',
        },
        usage: {
          cpu: 0.241,
          cpuPeak: 0.88,
          throttled: { share: 0.3, secondsPerSecond: 0.05 },
          memoryBytes: 73_400_320,
          oomKills: 0,
        },
        details: {
          diskIo: { readBytesPerSecond: 0, writtenBytesPerSecond: 4_096 },
          network: { inBytesPerSecond: 10_200, outBytesPerSecond: 91_000 },
          processes: 12,
          limits: { cpus: 0.25, memoryBytes: 134_217_728, cpuset: '0-3' },
          restarts: 0,
          health: 'healthy',
        },
      },
    ],
    others: { count: 2, cpu: 0.1, memoryBytes: 41_943_040 },
  },
});

export type NodeObservation = MessageData<typeof nodeObserved>;
