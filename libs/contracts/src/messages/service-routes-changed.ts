import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import { appIdSchema, serviceNameSchema, timestampSchema } from '../names.js';
import { topics } from '../topics.js';

/** A route in a message. Who made it has checked it; whoever carries it checks it again. */
export const publishedRouteSchema = z.object({
  host: z.string().describe('A host name, or `*.` and a host name.'),
  path: z.string().describe('The path and all below it.'),
  strip: z.boolean().optional().describe('`true`: the instance sees requests without the path.'),
  headers: z
    .record(z.string(), z.string())
    .optional()
    .describe('Headers of the request that the instance gets.'),
  timeoutMs: z.int().optional().describe('Milliseconds that the instance may take to answer.'),
});

/** How the gateway treats requests of a service, in a message. What is not known is passed over. */
export const publishedTrafficSchema = z.looseObject({
  balance: z.string().optional().describe('How requests are shared out: `least`, `weighted`, `sticky`.'),
  protocol: z.string().optional().describe('What instances speak: `http1` or `h2`.'),
  cache: z.boolean().optional().describe('Whether answers may be kept.'),
  requestsPerSecond: z.number().optional().describe('Of one client at most.'),
  bodyBytes: z.number().optional().describe('Of the body of a request at most.'),
  mostInFlight: z.number().optional().describe('Requests of one instance at once.'),
  mostQueued: z.number().optional().describe('Requests that wait.'),
  queueMs: z.number().optional().describe('How long they wait.'),
  slowStartMs: z.number().optional().describe('Until a new instance has its whole share.'),
});

/** How a service is reached since now. The newest revision is the whole of it. */
export const serviceRoutesChanged = defineMessage({
  type: 'slipway.service.routes-changed.v1',
  topic: topics.serviceSpecs,
  summary: 'How a service is reached at the gateway has changed: its routes, or how requests are shared out.',
  mayWait: true,
  schema: z.object({
    appId: appIdSchema.describe("The application's id."),
    service: serviceNameSchema.describe('The name of the service.'),
    revision: z.int().min(1).describe('Rises with every change of the routes of this service.'),
    routes: z.array(publishedRouteSchema).describe('Its routes, beside its own address.'),
    traffic: publishedTrafficSchema.describe('How the gateway treats its requests.'),
    principal: z.string().describe('Who changed it.'),
    verified: z.boolean().describe('`false` for a name that the producer of a message claimed.'),
    changedAt: timestampSchema.describe('When it was changed.'),
  }),
  key: (data) => data.appId,
  example: {
    appId: 'shop',
    service: 'prices',
    revision: 2,
    routes: [
      {
        host: 'shop.example.com',
        path: '/prices',
        strip: true,
        headers: { 'X-Tenant': 'shop' },
        timeoutMs: 5000,
      },
    ],
    traffic: { balance: 'sticky' },
    principal: 'ada@laptop',
    verified: false,
    changedAt: '2026-01-01T00:00:00.000Z',
  },
});

export type ServiceRoutesChange = MessageData<typeof serviceRoutesChanged>;
