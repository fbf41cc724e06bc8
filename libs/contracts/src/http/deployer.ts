import { z } from 'zod';
import { deploymentProgressed } from '../messages/deployment-progressed.js';
import { deploymentReplied } from '../messages/deployment-replied.js';
import { scaleReplied } from '../messages/scale-replied.js';
import { secretReplied, storedSecretSchema } from '../messages/secret-replied.js';
import { printable, spelledAppIdSchema, spelledServiceNameSchema, tokenSchema } from '../names.js';
import { answeredTime, pageOf, pageQuery, queryNumber } from './conventions.js';
import { deploymentBody, scaleBody } from './request-bodies.js';
import { defineRoute } from './route.js';
import { serviceRouteRoutes } from './routes.js';
import { scalingRoutes } from './scaling.js';

// Answers are loose objects: a client shows what a newer app says besides.

export const requestKinds = ['deployment', 'scale', 'secret'] as const;
/** `open` while something is to be done, `cancelling` once it is to end, then how it ended. */
export const requestStates = ['open', 'cancelling', 'succeeded', 'failed'] as const;

/** A request in a list. */
export const requestLineSchema = z.looseObject({
  token: z.string(),
  kind: z.enum(requestKinds),
  state: z.enum(requestStates),
  receivedAt: answeredTime,
  cancelledAt: answeredTime.optional(),
});

/** All that is known of a request. */
export const requestDetailsSchema = requestLineSchema.extend({
  /** As it was sent. `principal` is who sent it by HTTP. */
  request: z.looseObject({ appId: z.string().optional(), principal: z.string().optional() }),
  /** The services whose task has not ended. */
  openServices: z.array(z.string()).optional(),
  reply: z.union([deploymentReplied.schema, scaleReplied.schema, secretReplied.schema]).optional(),
});

export const releaseDetailsSchema = z.looseObject({
  id: z.string(),
  appId: z.string(),
  service: z.string(),
  sourceDigest: z.string(),
  image: z.string(),
  builder: z.string().nullish(),
  createdAt: answeredTime,
  /** The one that was built or asked for last. */
  current: z.boolean(),
  /** The requests in which it served. */
  deployments: z.array(z.looseObject({ token: z.string(), at: answeredTime })),
  instances: z.array(z.looseObject({ name: z.string(), node: z.string(), state: z.string() })),
});

export const buildDetailsSchema = z.looseObject({
  token: z.string(),
  service: z.string(),
  /** Absent when the build came to none. */
  release: z.string().optional(),
  startedAt: answeredTime,
  bytes: z.number(),
});

/** An instance that waits for a node with room. */
export const waitingInstanceSchema = z.looseObject({
  /** Of the request. */
  token: z.string(),
  accessToken: z.string(),
  appId: z.string(),
  service: z.string(),
  priority: z.number(),
  since: answeredTime,
  until: answeredTime,
  /** What is missing, by filter, such as `cpu: needs 2 cores, best free 1.4 on node-3 (rules out 3 nodes)`. */
  missing: z.array(z.string()),
});

export const instanceDetailsSchema = z.looseObject({
  instance: z.string(),
  /** running, draining, or abandoned: its node does not answer. */
  state: z.string(),
  node: z.string(),
  release: z.string(),
  startedAt: answeredTime,
});

const limitsSchema = z.looseObject({ cpu: z.number(), memoryMiB: z.number() });
const fieldChangeSchema = z.looseObject({ by: z.string(), at: answeredTime, token: z.string() });

/** The most changes of a spec that one answer lists, the newest first. */
export const REVISIONS_SHOWN = 100;

/** One change of what is wanted of a service. */
export const specRevisionSchema = z.looseObject({
  revision: z.number(),
  /** The mode of the request, such as `scale`; `run failed` where its change was taken back. Absent if unknown. */
  change: z.string().optional(),
  spec: z.looseObject({
    state: z.enum(['running', 'stopped']),
    release: z.string().optional(),
    count: z.number(),
    declaredCount: z.number(),
    limits: limitsSchema,
    declaredLimits: limitsSchema,
    /** A release that gets a part of the requests, beside the wanted one. */
    canary: z
      .looseObject({ release: z.string(), percent: z.number(), count: z.number().optional() })
      .optional(),
    /** How it scales; absent where it does not. */
    scaling: z.looseObject({ min: z.number(), max: z.number() }).optional(),
    changes: z.looseObject({
      state: fieldChangeSchema,
      release: fieldChangeSchema,
      count: fieldChangeSchema,
      limits: fieldChangeSchema,
      canary: fieldChangeSchema.optional(),
    }),
  }),
  principal: z.string(),
  /** False for a name that the producer of a message claimed. */
  verified: z.boolean(),
  reason: z.string().nullable(),
  token: z.string(),
  changedAt: answeredTime,
});

export const specDetailsSchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  /** Instances that run now. */
  running: z.number(),
  /** The newest first; the first is what is wanted now. */
  history: z.array(specRevisionSchema),
});

/** What is said of a request that was taken in. */
export const acceptedSchema = z.looseObject({
  token: z.string(),
  links: z.looseObject({ self: z.string(), history: z.string() }),
});

export type RequestLine = z.infer<typeof requestLineSchema>;
export type RequestDetails = z.infer<typeof requestDetailsSchema>;
export type WaitingInstance = z.infer<typeof waitingInstanceSchema>;
export type ReleaseDetails = z.infer<typeof releaseDetailsSchema>;
export type BuildDetails = z.infer<typeof buildDetailsSchema>;
export type SpecRevision = z.infer<typeof specRevisionSchema>;
export type SpecDetails = z.infer<typeof specDetailsSchema>;
export type InstanceDetails = z.infer<typeof instanceDetailsSchema>;

const ofToken = z.strictObject({ token: tokenSchema });
const ofService = z.strictObject({ appId: spelledAppIdSchema, service: spelledServiceNameSchema });
const MOST_LINES = 10_000;

const sent = {
  method: 'POST',
  role: 'admin',
  headers: { prefer: '`wait=SECONDS` waits so long for the reply, 60 s at most.' },
} as const;

const otherBody = {
  'Slipway-Known-Token':
    '`other-body` where the token belongs to a request with another body: the answer is of that one.',
};

const repliedIn = <S extends z.ZodType>(schema: S) => ({
  200: {
    description: 'The reply; only where `Prefer: wait` was sent and it came in time.',
    headers: {
      ...{ Location: 'The request.', 'Preference-Applied': 'How long it would have waited.' },
      ...otherBody,
    },
    schema,
  },
  202: {
    description: 'The request was taken in.',
    headers: {
      ...{ Location: 'The request.', 'Preference-Applied': 'How long it waited, if it did.' },
      ...otherBody,
    },
    schema: acceptedSchema,
  },
});

/** The deployer's HTTP. */
export const deployerRoutes = {
  sendRequest: defineRoute({
    ...sent,
    id: 'sendRequest',
    path: '/v1/requests',
    summary:
      'Takes a request in, as `deployment.requests` does. Sent again with its token, it is the same one.',
    body: deploymentBody,
    answers: repliedIn(deploymentReplied.schema),
  }),
  sendScaleRequest: defineRoute({
    ...sent,
    id: 'sendScaleRequest',
    path: '/v1/scale-requests',
    summary:
      'Takes a scale request in, as `scale.requests` does. Sent again with its token, it is the same one.',
    body: scaleBody,
    answers: repliedIn(scaleReplied.schema),
  }),
  requests: defineRoute({
    id: 'requests',
    method: 'GET',
    path: '/v1/requests',
    summary: 'The requests of an application, the newest first.',
    role: 'read',
    query: z.strictObject({
      appId: spelledAppIdSchema,
      state: z.enum(requestStates).optional(),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page of requests.', schema: pageOf(requestLineSchema) } },
  }),
  request: defineRoute({
    id: 'request',
    method: 'GET',
    path: '/v1/requests/{token}',
    summary: 'A request, its state and its reply.',
    role: 'read',
    params: ofToken,
    answers: { 200: { description: 'The request.', schema: requestDetailsSchema } },
  }),
  history: defineRoute({
    id: 'history',
    method: 'GET',
    path: '/v1/requests/{token}/history',
    summary: 'Every stored step of a request in the order of time, as `deployment.events` has it.',
    role: 'read',
    params: ofToken,
    answers: { 200: { description: 'The steps.', schema: z.array(deploymentProgressed.schema) } },
  }),
  requestBuildLog: defineRoute({
    id: 'requestBuildLog',
    method: 'GET',
    path: '/v1/requests/{token}/build-log',
    summary: 'The build log of a service in a request.',
    role: 'read',
    params: ofToken,
    query: z.strictObject({ service: spelledServiceNameSchema }),
    answers: { 200: { description: 'The log.' } },
  }),
  waiting: defineRoute({
    id: 'waiting',
    method: 'GET',
    path: '/v1/waiting',
    summary: 'The instances that wait for a node with room, in the order in which they get it.',
    role: 'read',
    query: z.strictObject({
      appId: spelledAppIdSchema.optional(),
      service: spelledServiceNameSchema.optional(),
    }),
    answers: { 200: { description: 'What waits.', schema: z.array(waitingInstanceSchema) } },
  }),
  releases: defineRoute({
    id: 'releases',
    method: 'GET',
    path: '/v1/releases',
    summary: 'The releases of an application by service, the newest first.',
    role: 'read',
    query: z.strictObject({
      appId: spelledAppIdSchema,
      service: spelledServiceNameSchema.optional(),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page of releases.', schema: pageOf(releaseDetailsSchema) } },
  }),
  builds: defineRoute({
    id: 'builds',
    method: 'GET',
    path: '/v1/builds',
    summary: 'The builds of a service whose log is kept, the newest first.',
    role: 'read',
    query: ofService,
    answers: { 200: { description: 'The builds.', schema: z.array(buildDetailsSchema) } },
  }),
  buildLog: defineRoute({
    id: 'buildLog',
    method: 'GET',
    path: '/v1/builds/{release}/log',
    summary: 'The log of the newest build of a release.',
    role: 'read',
    params: z.strictObject({ release: printable(200) }),
    answers: { 200: { description: 'The log.' } },
  }),
  secrets: defineRoute({
    id: 'secrets',
    method: 'GET',
    path: '/v1/secrets',
    summary: 'The secrets of an application, without their values.',
    role: 'read',
    query: z.strictObject({ appId: spelledAppIdSchema }),
    answers: { 200: { description: 'The secrets.', schema: z.array(storedSecretSchema) } },
  }),
  instances: defineRoute({
    id: 'instances',
    method: 'GET',
    path: '/v1/apps/{appId}/services/{service}/instances',
    summary: 'The instances of a service.',
    role: 'read',
    params: ofService,
    answers: { 200: { description: 'The instances.', schema: z.array(instanceDetailsSchema) } },
  }),
  spec: defineRoute({
    id: 'spec',
    method: 'GET',
    path: '/v1/apps/{appId}/services/{service}/spec',
    summary: `What is wanted of a service, and its last ${REVISIONS_SHOWN} changes.`,
    role: 'read',
    params: ofService,
    answers: { 200: { description: 'The spec with its history.', schema: specDetailsSchema } },
  }),
  ...serviceRouteRoutes,
  ...scalingRoutes,
  instanceLog: defineRoute({
    id: 'instanceLog',
    method: 'GET',
    path: '/v1/apps/{appId}/services/{service}/instances/{instance}/logs',
    summary: 'The last lines that an instance wrote; with `follow=true` also those to come.',
    role: 'read',
    params: ofService.extend({ instance: printable(200) }),
    query: z.strictObject({
      tail: queryNumber(0, MOST_LINES).default(100),
      follow: z.stringbool().default(false),
    }),
    answers: {
      200: { description: 'The lines; the answer has no end where they are followed.', streamed: true },
    },
  }),
};
