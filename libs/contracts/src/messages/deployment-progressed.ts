import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { timestampSchema } from '../names.js';
import { topics } from '../topics.js';

/** One step of a request, as it is stored; for consoles, the CLI, audit, anyone. */
export const deploymentProgressed = defineMessage({
  type: 'slipway.deployment.progressed.v1',
  topic: topics.deploymentEvents,
  summary:
    'A step of a request or of one of its tasks, told up to 0.25 s after it was stored: the last ones may come after the reply.',
  mayWait: true,
  schema: z.object({
    token: z.string(),
    appId: z.string(),
    /** Absent on steps of the whole request. */
    service: z.string().optional(),
    /** The stored event's name, such as `ImageBuilt`; `BuildOutput` carries lines of the build's log. */
    event: z.string(),
    /** Position in the task's stream, from 1; 0 for what is not stored. */
    version: z.int().min(0),
    at: timestampSchema,
    /** The phase that this step ended, and how long it took. */
    phase: z.string().optional(),
    ms: z.number().optional(),
    node: z.string().optional(),
    /** The replica that wrote it. */
    replica: z.string(),
    data: z.record(z.string(), z.unknown()),
  }),
  key: (data) => data.appId,
  example: {
    token: 'order-4711',
    appId: 'shop',
    service: 'app-server',
    event: 'ImageBuilt',
    version: 3,
    at: '2026-01-01T00:00:00.000Z',
    phase: 'build',
    ms: 2100,
    replica: 'deployer-1',
    data: { image: 'registry.example:5000/shop/app-server:3f2a9c1d4e5b' },
  },
});

export type DeploymentProgress = MessageData<typeof deploymentProgressed>;
