import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { timestampSchema } from '../names.js';
import { topics } from '../topics.js';

/** One step of a request, as it is stored; for consoles, the CLI, audit, anyone. */
export const deploymentProgressed = defineMessage({
  type: 'slipway.deployment.progressed.v1',
  topic: topics.deploymentEvents,
  summary:
    'A stored step of a request or of one of its tasks. It comes up to 0.25 s later, so the last steps may come after the reply.',
  mayWait: true,
  schema: z.object({
    token: z.string().describe('The request token: the idempotency key of the caller.'),
    appId: z.string().describe("The application's id."),
    service: z.string().optional().describe('The service; absent on steps of the whole request.'),
    event: z
      .string()
      .describe(
        'The name of the event, such as `ImageBuilt`; `BuildOutput` carries lines of the build log, `HealthAwaited` what keeps an instance from being healthy, `RoomAwaited` what room an instance waits for, `InstanceEvicting` for whom one is to be stopped.',
      ),
    version: z
      .int()
      .min(0)
      .describe('The position in the events of the task, from 1; 0 if the event is not stored.'),
    at: timestampSchema.describe('When it was stored.'),
    phase: z.string().optional().describe('The phase that this step ended.'),
    ms: z.number().optional().describe('Milliseconds that the phase took.'),
    node: z.string().optional().describe('The node, where there is one.'),
    replica: z.string().describe('The replica that wrote it.'),
    data: z.record(z.string(), z.unknown()).describe('What the event holds.'),
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
