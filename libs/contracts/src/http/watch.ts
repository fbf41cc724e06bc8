import { z } from 'zod';
import { nodeNameSchema, spelledAppIdSchema, spelledServiceNameSchema } from '../names.js';
import { queryNumber } from './conventions.js';
import { nodeDetailsSchema } from './nodes.js';
import { registryInstanceSchema, registryServiceSchema } from './registry.js';
import { defineRoute } from './route.js';

export const watchedKinds = ['node', 'service', 'instance'] as const;
export type WatchedKind = (typeof watchedKinds)[number];

/** All that lives at one revision: it replaces what the client knew. Kinds that are not asked for are empty. */
export const watchSnapshotSchema = z.looseObject({
  revision: z.number(),
  nodes: z.array(nodeDetailsSchema),
  services: z.array(registryServiceSchema),
  /** Those that are running or draining. */
  instances: z.array(registryInstanceSchema),
});

/** What a thing is now: it is in the member of its kind. Without that member it was removed. */
export const watchChangeSchema = z.looseObject({
  revision: z.number(),
  kind: z.enum(watchedKinds),
  /** Of a service: `<appId>/<service>`. */
  name: z.string(),
  node: nodeDetailsSchema.optional(),
  service: registryServiceSchema.optional(),
  instance: registryInstanceSchema.optional(),
});

export type WatchSnapshot = z.infer<typeof watchSnapshotSchema>;
export type WatchChange = z.infer<typeof watchChangeSchema>;

export const watchQuerySchema = z.strictObject({
  revision: queryNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  kind: z.enum(watchedKinds).optional(),
  appId: spelledAppIdSchema.optional(),
  service: spelledServiceNameSchema.optional(),
  node: nodeNameSchema.optional(),
});

/** Changes of the registry as they come. */
export const watchRoutes = {
  watch: defineRoute({
    id: 'watch',
    method: 'GET',
    path: '/v1/watch',
    summary:
      'Changes of the registry as server-sent events, without end. A snapshot comes first, unless the client says the revision that it knows.',
    role: 'read',
    query: watchQuerySchema,
    headers: {
      'Last-Event-ID': 'The id of the last event that the client has. It counts before `revision`.',
    },
    answers: {
      200: {
        description: 'Events; the id of each is the revision.',
        streamed: true,
        events: { snapshot: watchSnapshotSchema, change: watchChangeSchema },
      },
    },
  }),
};
