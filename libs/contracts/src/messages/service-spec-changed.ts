import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { appIdSchema, serviceNameSchema, timestampSchema } from '../names.js';
import { topics } from '../topics.js';

/** A release that gets a part of a service's requests, beside the wanted one. */
export const canarySchema = z.object({
  release: z.string().min(1).max(255).describe('The release that is tried.'),
  percent: z.number().min(0).max(100).describe('Its share of the requests.'),
  count: z.int().min(0).describe('How many instances of it are wanted, beside those of the wanted release.'),
});

/** What is wanted of a service since now. The newest revision is the whole of it. */
export const serviceSpecChanged = defineMessage({
  type: 'slipway.service.spec-changed.v1',
  topic: topics.serviceSpecs,
  summary: 'What is wanted of a service has changed: state, release, count, limits, scaling or canary.',
  mayWait: true,
  schema: z.object({
    appId: appIdSchema.describe("The application's id."),
    appName: z.string().describe('The application as people call it.'),
    service: serviceNameSchema.describe('The name of the service.'),
    revision: z.int().min(1).describe('Rises with every change of this service.'),
    state: z.enum(['running', 'stopped']).describe('What is wanted: that it runs, or that it does not.'),
    release: z.string().optional().describe('The release; none after a first deployment that failed.'),
    count: z.int().min(0).describe('The number of instances while the state is `running`.'),
    declaredCount: z.int().min(1).describe('The number that config.json declared last.'),
    limits: z
      .object({
        cpu: z.number().describe('Cores; 0.5 is half a core.'),
        memoryMiB: z.int().describe('Memory in MiB.'),
      })
      .describe('The limits of one instance.'),
    scaling: z
      .looseObject({
        min: z.int().min(0).describe('The fewest instances.'),
        max: z.int().min(1).describe('The most instances.'),
      })
      .optional()
      .describe('How it scales, as `scaling` of config.json with its defaults; none where it does not.'),
    canary: canarySchema.optional().describe('A release that is tried beside it; absent where none is.'),
    principal: z.string().describe('Who changed it.'),
    verified: z.boolean().describe('`false` for a name that the producer of a message claimed.'),
    reason: z.string().optional().describe('Why, in the words of whoever asked.'),
    token: z.string().describe('The token of the request that changed it.'),
    changedAt: timestampSchema.describe('When it was changed.'),
  }),
  key: (data) => data.appId,
  example: {
    appId: 'shop',
    appName: 'The shop',
    service: 'prices',
    revision: 4,
    state: 'running',
    release: 'shop-prices-3f2a9c1d4e5b',
    count: 3,
    declaredCount: 1,
    limits: { cpu: 0.25, memoryMiB: 256 },
    canary: { release: 'shop-prices-1dc56952dadc', percent: 10, count: 1 },
    principal: 'ada@laptop',
    verified: false,
    reason: 'the sale begins',
    token: 'scale-4711',
    changedAt: '2026-01-01T00:00:00.000Z',
  },
});

export type ServiceSpecChange = MessageData<typeof serviceSpecChanged>;
