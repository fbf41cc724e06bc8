import { z } from 'zod';
import { publishedRouteSchema, publishedTrafficSchema } from '../messages/service-routes-changed.js';
import { appIdSchema, serviceNameSchema } from '../names.js';
import { MOST_ROUTES } from '../routes.js';

/** So long a name may be: that of an instance holds those of application and service, and a token. */
export const LONGEST_FEED_NAME = 512;

const feedCanarySchema = z.object({
  release: z.string().min(1).max(255).describe('The release that is tried.'),
  percent: z.number().min(0).max(100).describe('Its share of the requests.'),
});

/**
 * One thing that matters for traffic, in snapshots and changes alike. It is in the member of its kind; without that member
 * it was removed. Another kind is another member here: gateways that do not know it pass over it.
 */
export const feedEntrySchema = z.object({
  kind: z
    .string()
    .min(1)
    .max(64)
    .describe('`service` or `instance`. Entries of other kinds are passed over.'),
  name: z
    .string()
    .min(1)
    .max(LONGEST_FEED_NAME)
    .describe('Unique within its kind; of a service `<appId>/<service>`.'),
  service: z
    .object({
      appId: appIdSchema.describe('The id of its application.'),
      service: serviceNameSchema.describe('The name of the service.'),
      isWanted: z
        .boolean()
        .optional()
        .describe('Whether instances of it should run: requests wait for one, or are refused at once.'),
      routes: z
        .array(publishedRouteSchema)
        .max(MOST_ROUTES)
        .optional()
        .describe('Where it is reached beside its own address.'),
      canary: feedCanarySchema
        .optional()
        .describe('A release that gets a part of the requests; the rest goes to the other instances.'),
      traffic: publishedTrafficSchema.optional().describe('How the gateway treats its requests.'),
    })
    .optional()
    .describe('Absent where the service was removed.'),
  instance: z
    .object({
      appId: appIdSchema.describe('The id of its application.'),
      service: serviceNameSchema.describe('The service that it belongs to.'),
      state: z
        .enum(['running', 'draining'])
        .describe('A running instance gets requests. A draining one gets no new ones.'),
      release: z.string().min(1).max(255).optional().describe('Which release it runs.'),
      address: z.string().min(1).max(255).describe('The IP address or host name of its node.'),
      port: z.int().min(1).max(65_535).nullable().describe('Its port on the node; null of a worker.'),
    })
    .optional()
    .describe('Absent where the instance is neither running nor draining.'),
});

export type FeedEntry = z.output<typeof feedEntrySchema>;
