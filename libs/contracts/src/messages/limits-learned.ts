import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { appIdSchema, printable, serviceNameSchema, timestampSchema } from '../names.js';
import { topics } from '../topics.js';

/** The rescaler tells the deployer with what limits new instances of a service should start. */
export const limitsLearned = defineMessage({
  type: 'slipway.limits.learned.v1',
  topic: topics.specRequests,
  summary: 'What instances of a service used is to be the limits that new ones start with.',
  schema: z.object({
    appId: appIdSchema.describe("The application's id."),
    service: serviceNameSchema.describe('The name of the service.'),
    limits: z
      .object({
        cpu: z.number().min(0.01).max(256).describe('Cores; 0.5 is half a core.'),
        memoryMiB: z.int().min(6).max(1_048_576).describe('Memory in MiB.'),
      })
      .describe(
        'Of one instance. Taken within the bounds of `scaling.vertical`; without such bounds not at all.',
      ),
    learnedAt: timestampSchema.describe('When. A change of limits after that counts instead.'),
    reason: printable(500).optional().describe('From what it was learned.'),
  }),
  key: (data) => data.appId,
  example: {
    appId: 'shop',
    service: 'prices',
    limits: { cpu: 0.4, memoryMiB: 160 },
    learnedAt: '2026-01-01T00:00:00.000Z',
    reason: '0.35 cores and 139 MiB in the last hour',
  },
});

export type LearnedLimits = MessageData<typeof limitsLearned>;
