import { z } from 'zod';
import { nodeNameSchema } from '../names.js';
import {
  capacitySchema,
  labelKeySchema,
  labelsSchema,
  nodeReasonSchema,
  reserveSchema,
  zoneSchema,
} from '../node-labels.js';
import {
  fingerprintSchema,
  hostSchema,
  jumpHostSchema,
  loginSchema,
  socketPathSchema,
  sshPortSchema,
  sshWayFields,
} from '../ssh-way.js';
import { answeredTime, pageOf, pageQuery, queryNumber } from './conventions.js';
import { defineRoute } from './route.js';

/** What its owner says of a node besides the way to it. */
const described = {
  labels: labelsSchema.optional(),
  zone: zoneSchema.optional(),
  /** Its size, instead of the one that its engine reports. */
  capacity: capacitySchema.optional(),
  /** What instances may not have of that. */
  reserve: reserveSchema.optional(),
};

export const enrolmentSchema = z.strictObject({
  name: nodeNameSchema,
  ...sshWayFields,
  /** The engine's socket on the machine, if it is not /var/run/docker.sock. */
  socketPath: socketPathSchema.optional(),
  /** The machine in between, if it is not reached straight. */
  jump: z.strictObject(sshWayFields).optional(),
  /** Also a machine whose engine cannot enforce limits of containers. */
  allowUnlimited: z.boolean().default(false),
  /** Puts Docker on a Debian or Ubuntu that has no engine. */
  installDocker: z.boolean().default(false),
  ...described,
});

/** Something about a machine that its owner should know. */
export const machineProblemSchema = z.looseObject({
  code: z.string(),
  /** `refuses`: it cannot be a node so. `warns`: it can. */
  severity: z.enum(['refuses', 'warns']),
  message: z.string(),
  hint: z.string(),
});

const sizeSchema = z.looseObject({ cpus: z.number().nullish(), memoryBytes: z.number().nullish() });

const holdingSchema = z.looseObject({
  instance: z.string(),
  appId: z.string(),
  service: z.string(),
  /** Why it is still there. */
  reason: z.string(),
});

export const nodeDetailsSchema = z.looseObject({
  name: z.string(),
  /** `ready` takes instances; the other states do not. */
  state: z.string(),
  /** Why it is in this state; absent where there is nothing to say. */
  stateReason: z.string().nullish(),
  stateSince: answeredTime.nullish(),
  /** The principal who asked for it; absent of what nobody asked for. */
  stateBy: z.string().nullish(),
  /** What is asked of it, also while it does not answer: `none`, `cordoned`, `draining` or `removed`. */
  wish: z.string().nullish(),
  address: z.string(),
  sshPort: z.number().nullish(),
  /** Absent if it is /var/run/docker.sock. */
  socketPath: z.string().nullish(),
  /** Of the pinned host key; absent if the node was enrolled before types were stored. */
  hostKeyType: z.string().nullish(),
  /** Absent if it is reached straight. */
  jump: jumpHostSchema.loose().nullish(),
  /** What its engine says. */
  cpus: z.number().nullish(),
  memoryBytes: z.number().nullish(),
  engineVersion: z.string().nullish(),
  /** Limits of containers that its engine cannot enforce: `memory`, `cpu`. */
  unenforced: z.array(z.string()).nullish(),
  /** As the kernel names it; absent if the node was enrolled before it was stored. */
  architecture: z.string().nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  zone: z.string().nullish(),
  /** The size that its owner gave; absent where the one counts that its engine reports. */
  capacity: sizeSchema.nullish(),
  /** What instances may not have. */
  reserve: sizeSchema.nullish(),
  /** What instances may have: placement counts with it. */
  allocatable: sizeSchema.nullish(),
  /** Of a node that is drained. */
  drain: z
    .looseObject({
      deadline: answeredTime.nullish(),
      /** Since when nothing runs there any more. */
      drainedAt: answeredTime.nullish(),
      /** The deadline has passed and something runs there still. */
      isLate: z.boolean().nullish(),
      /** How many instances are there still. */
      left: z.number().nullish(),
      /** What holds it up, as far as the deployer has said. */
      holding: z.array(holdingSchema).nullish(),
    })
    .nullish(),
  /** What a check found; in the answers of an enrolment and a check alone. */
  problems: z.array(machineProblemSchema).nullish(),
});

export const nodeEventSchema = z.looseObject({
  at: answeredTime,
  event: z.string(),
  /** After it. */
  state: z.string(),
  reason: z.string().nullish(),
  by: z.string().nullish(),
});

/** With what runs there and what has happened to it, the newest first. */
export const nodePageSchema = nodeDetailsSchema.extend({
  instances: z
    .array(z.looseObject({ instance: z.string(), appId: z.string(), service: z.string(), state: z.string() }))
    .nullish(),
  events: z.array(nodeEventSchema).nullish(),
});

export type NodeDetails = z.infer<typeof nodeDetailsSchema>;
export type NodePage = z.infer<typeof nodePageSchema>;
export type NodeEvent = z.infer<typeof nodeEventSchema>;
export type MachineProblem = z.infer<typeof machineProblemSchema>;
export type Enrolment = z.input<typeof enrolmentSchema>;

export const nodeStates = ['ready', 'cordoned', 'draining', 'unreachable', 'returning', 'gone'] as const;

const params = z.strictObject({ name: nodeNameSchema });
const because = { reason: nodeReasonSchema.optional() };
const aNode = { 200: { description: 'The node.', schema: nodeDetailsSchema } };

const change = <const I extends string>(id: I, summary: string) =>
  ({
    id,
    method: 'POST',
    path: `/v1/nodes/{name}/${id}`,
    summary,
    role: 'admin',
    params,
    answers: aNode,
  }) as const;

const hostKeySchema = z.looseObject({ hostKeyFingerprint: z.string(), hostKeyType: z.string().nullish() });

const MOST_EVENTS = 500;
const EVENTS_SHOWN = 20;
const LONGEST_DRAIN_MS = 30 * 86_400_000;

/** What is changed; what is left out stays. */
export const nodeChangeSchema = z
  .strictObject({
    /** Added to those that it has. */
    labels: labelsSchema.optional(),
    /** Keys of labels that go. */
    removeLabels: z.array(labelKeySchema).max(64).optional(),
    zone: zoneSchema.nullable().optional(),
    capacity: capacitySchema.nullable().optional(),
    reserve: reserveSchema.nullable().optional(),
  })
  .superRefine(({ labels = {}, removeLabels = [] }, context) => {
    for (const key of removeLabels.filter((removed) => Object.hasOwn(labels, removed)))
      context.addIssue({
        ...{ code: 'custom', path: ['removeLabels'] },
        message: `${JSON.stringify(key)} is in labels, too: set it or remove it`,
      });
  });
export type NodeChange = z.input<typeof nodeChangeSchema>;

export const hostKeyQuestionSchema = z.strictObject({
  address: hostSchema,
  sshPort: sshPortSchema.default(22),
  hostKeyFingerprint: fingerprintSchema.optional(),
  jump: z.strictObject(sshWayFields).optional(),
});
export type HostKeyQuestion = z.input<typeof hostKeyQuestionSchema>;

/** The inventory of nodes over HTTP. */
export const nodeRoutes = {
  nodes: defineRoute({
    id: 'nodes',
    method: 'GET',
    path: '/v1/nodes',
    summary: 'The nodes by name. Those that were removed are left out unless `removed` is true.',
    role: 'read',
    query: z.strictObject({
      removed: z.enum(['true', 'false']).default('false'),
      state: z.enum(nodeStates).optional(),
      zone: zoneSchema.optional(),
      ...pageQuery,
    }),
    answers: { 200: { description: 'A page of nodes.', schema: pageOf(nodeDetailsSchema) } },
  }),
  node: defineRoute({
    id: 'node',
    method: 'GET',
    path: '/v1/nodes/{name}',
    summary: 'One node with what runs there, what holds its drain up, and what has happened to it.',
    role: 'read',
    params,
    query: z.strictObject({ events: queryNumber(0, MOST_EVENTS).default(EVENTS_SHOWN) }),
    answers: { 200: { description: 'The node.', schema: nodePageSchema } },
  }),
  enrol: defineRoute({
    id: 'enrol',
    method: 'POST',
    path: '/v1/nodes',
    summary: 'Enrols a machine, or brings an enrolled one up to date.',
    role: 'admin',
    body: enrolmentSchema,
    answers: { 200: { description: 'The node, with what a check warns of.', schema: nodeDetailsSchema } },
  }),
  hostKey: defineRoute({
    id: 'hostKey',
    method: 'POST',
    path: '/v1/host-keys',
    summary: 'The host keys that a machine and its jump host show now. Nothing is stored.',
    role: 'admin',
    body: hostKeyQuestionSchema,
    answers: {
      200: {
        description: 'The keys.',
        schema: hostKeySchema.extend({ jump: hostKeySchema.optional() }),
      },
    },
  }),
  check: defineRoute({
    ...change('check', 'Checks an enrolled node as an enrolment does, and brings its size up to date.'),
    body: z.strictObject({}),
  }),
  label: defineRoute({
    ...change('label', 'Changes labels, zone, capacity or reserve of a node.'),
    body: nodeChangeSchema,
  }),
  login: defineRoute({
    ...change('login', 'Changes the login of a node, once the new one was tried there.'),
    body: z.strictObject({ login: loginSchema, jumpLogin: loginSchema.optional() }),
  }),
  cordon: defineRoute({
    ...change('cordon', 'No new instances are placed on the node; what runs there stays.'),
    body: z.strictObject(because),
  }),
  uncordon: defineRoute({
    ...change('uncordon', 'Ends a cordon or a drain: the node takes instances again.'),
    body: z.strictObject(because),
  }),
  drain: defineRoute({
    ...change('drain', 'No new instances are placed on the node, and those there are moved away.'),
    body: z.strictObject({ ...because, deadlineMs: z.int().min(1_000).max(LONGEST_DRAIN_MS).optional() }),
  }),
  remove: defineRoute({
    ...change('remove', 'Removes a node on which nothing runs; by force also one that is lost.'),
    body: z.strictObject({ ...because, force: z.boolean().default(false) }),
  }),
};
