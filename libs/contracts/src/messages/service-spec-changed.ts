import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { appIdSchema, serviceNameSchema, timestampSchema } from '../names.js';
import { topics } from '../topics.js';

/** What is wanted of a service since now. The newest revision is the whole of it. */
export const serviceSpecChanged = defineMessage({
  type: 'slipway.service.spec-changed.v1',
  topic: topics.serviceSpecs,
  summary: 'What is wanted of a service has changed: state, release, count or limits.',
  mayWait: true,
  schema: z.object({
    appId: appIdSchema,
    appName: z.string(),
    service: serviceNameSchema,
    /** Rises with every change of this service. */
    revision: z.int().min(1),
    state: z.enum(['running', 'stopped']),
    /** None after a first deployment that failed. */
    release: z.string().optional(),
    /** Instances that are wanted while the state is `running`. */
    count: z.int().min(0),
    /** What config.json declared last. */
    declaredCount: z.int().min(1),
    /** Of one instance. */
    limits: z.object({ cpu: z.number(), memoryMiB: z.int() }),
    /** Who changed it. */
    principal: z.string(),
    /** False for a name that the producer of a message claimed. */
    verified: z.boolean(),
    reason: z.string().optional(),
    /** Of the request that changed it. */
    token: z.string(),
    changedAt: timestampSchema,
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
    principal: 'ada@laptop',
    verified: false,
    reason: 'the sale begins',
    token: 'scale-4711',
    changedAt: '2026-01-01T00:00:00.000Z',
  },
});

export type ServiceSpecChange = MessageData<typeof serviceSpecChanged>;
