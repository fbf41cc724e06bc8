import { z } from 'zod';
import { defineMessage, type MessageData } from '../message.js';
import {
  MOST_INSTANCES,
  printable,
  slipwayName,
  tokenSchema,
  topicNameSchema,
  writtenAppIdSchema,
  writtenServiceNameSchema,
} from '../names.js';
import { deadlineMsField, principalField } from '../request-fields.js';
import { topics } from '../topics.js';
import { checkWritten, type WrittenNames, writtenNames, writtenNamesField } from '../written-names.js';

/** Where a service's zip lies when it is not at the default `<appId>--<service>.zip`. */
const sourceSchema = z.object({
  blob: printable(1024).describe('The name of the blob, if it is not `<appId>--<service>.zip`.'),
  container: printable(63).min(3).optional().describe('The blob container, if it is not the configured one.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits, in lower case')
    .optional()
    .describe('The SHA-256 of the zip. The build fails when another zip lies there by then.'),
});

const namedServiceSchema = z.object({
  name: writtenServiceNameSchema.describe('The name of the service; each `_` is read as a hyphen.'),
  source: sourceSchema
    .optional()
    .describe('For `build` and `build-and-run`: where the zip is, if not at its usual place.'),
  release: printable(200)
    .optional()
    .describe('For `run` and `rollback`: this release instead of the current one, or of the last good one.'),
  dependsOn: z
    .array(writtenServiceNameSchema)
    .max(100)
    .optional()
    .describe('Services of the same request that must have succeeded first.'),
  replicas: z
    .int()
    .min(0)
    .max(MOST_INSTANCES)
    .optional()
    .describe(
      'For `run` and `build-and-run`: the number of instances from now on, whatever config.json declares.',
    ),
});

const servicesOf = (named: typeof namedServiceSchema) =>
  z
    .array(
      z.union([
        writtenServiceNameSchema.transform((name): z.infer<typeof namedServiceSchema> => ({ name })),
        named,
      ]),
    )
    .max(100)
    .default([])
    .refine(
      (list) => new Set(list.map((s) => s.name)).size === list.length,
      'services must not repeat a name',
    )
    .superRefine(checkSpellings)
    .describe('The services, by name or as objects; none for `cancel`.');

/** The services without unknown fields. A message may have some, of a newer version; a person mistyped one. */
export const strictServicesSchema = servicesOf(
  namedServiceSchema.extend({ source: sourceSchema.strict().optional() }).strict(),
);

/** Two spellings of one name would be two tasks of one service. */
function checkSpellings(services: readonly ServiceNames[], context: z.RefinementCtx): void {
  const names = namesOf(services);
  for (const [index, name] of names.entries()) {
    const same = names.slice(0, index).find((other) => other !== name && isSameName(other, name));
    if (same !== undefined)
      context.addIssue({
        code: 'custom',
        message: `${same} and ${name} are the same here: both are named ${slipwayName(name)}`,
        input: undefined,
      });
  }
}

const namesOf = (services: readonly ServiceNames[]): readonly string[] => services.map(({ name }) => name);

const isSameName = (one: string, other: string): boolean => slipwayName(one) === slipwayName(other);

interface CheckedRequest {
  readonly mode: string;
  readonly appId: string;
  readonly services: readonly ServiceNames[];
  readonly cancels?: string;
  readonly written?: WrittenNames;
}

function checkRequest(request: CheckedRequest, context: z.RefinementCtx): void {
  checkMode(request, context);
  checkWritten(request, namesOf(request.services), context);
}

/** What one mode needs and another does not. */
function checkMode({ mode, services, cancels }: CheckedRequest, context: z.RefinementCtx): void {
  const wrong = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message, input: undefined });
  if (mode === 'cancel') {
    if (cancels === undefined) wrong('cancels', 'cancels must be the token of the request that is to end');
    return;
  }
  if (services.length === 0) wrong('services', 'services must name at least one service');
  const problem = dependencyProblem(services.map(named));
  if (problem !== undefined) wrong('services', problem);
}

interface ServiceNames {
  readonly name: string;
  readonly dependsOn?: readonly string[];
}

/** A service and those that it names, as they are named here. */
const named = <S extends { readonly name: string; readonly dependsOn?: readonly string[] }>(service: S) => ({
  ...service,
  name: slipwayName(service.name),
  dependsOn: service.dependsOn?.map(slipwayName),
});

/** Why the services cannot be ordered; undefined when they can. */
function dependencyProblem(services: readonly ServiceNames[]): string | undefined {
  const names = new Set(services.map(({ name }) => name));
  for (const { name, dependsOn = [] } of services) {
    const unknown = dependsOn.find((other) => !names.has(other));
    if (unknown !== undefined) return `dependsOn of ${name} names ${unknown}, which is not in this request`;
  }
  let rest = services;
  for (;;) {
    const open = new Set(rest.map(({ name }) => name));
    const blocked = rest.filter(({ dependsOn = [] }) => dependsOn.some((other) => open.has(other)));
    if (blocked.length === 0) return undefined;
    if (blocked.length === rest.length)
      return `dependsOn goes round in a circle: ${blocked.map(({ name }) => name).join(', ')}`;
    rest = blocked;
  }
}

/** What is done with services; `cancel` is done with a request. */
export const serviceModes = ['run', 'build', 'build-and-run', 'stop', 'rollback'] as const;
export const requestModes = [...serviceModes, 'cancel'] as const;

/** A scheduler's (or anyone's) wish: build, run, stop or roll back these services, or cancel a request. */
export const deploymentRequested = defineMessage({
  type: 'slipway.deployment.requested.v1',
  topic: topics.deploymentRequests,
  summary: 'Build, run, stop or roll back services of one application, or cancel a request.',
  schema: z
    .object({
      token: tokenSchema.describe('The request token: the idempotency key of the caller.'),
      mode: z.enum(requestModes).describe('What is done with the services; `cancel` ends another request.'),
      appId: writtenAppIdSchema.describe("The application's id; each `_` is read as a hyphen."),
      appName: printable(200).describe('The application as people call it.'),
      services: servicesOf(namedServiceSchema),
      replyTo: topicNameSchema
        .optional()
        .describe('The topic of the reply, one of the configured ones; by default `deployment.responses`.'),
      deadlineMs: deadlineMsField,
      dryRun: z
        .boolean()
        .optional()
        .describe('`true`: only say what would be done. A `cancel` is done all the same.'),
      restart: z
        .boolean()
        .optional()
        .describe(
          'For `run`, `build-and-run` and `rollback`: also replace instances that already run the release.',
        ),
      cancels: tokenSchema.optional().describe('For `cancel`: the token of the request that is to end.'),
      principal: principalField,
      reason: printable(500).optional().describe('Why, for those who read the history later.'),
      written: writtenNamesField,
    })
    .superRefine(checkRequest)
    .transform((request) => ({
      ...request,
      appId: slipwayName(request.appId),
      services: request.services.map(named),
      written: writtenNames(request, namesOf(request.services)),
    })),
  key: (data) => data.appId,
  example: {
    token: 'order-4711',
    mode: 'build-and-run',
    appId: 'shop',
    appName: 'The shop',
    services: ['app-server', { name: 'prices', source: { blob: 'shop--prices.zip' } }],
  },
});

export type DeploymentRequest = MessageData<typeof deploymentRequested>;
export type RequestMode = DeploymentRequest['mode'];
export type ServiceMode = (typeof serviceModes)[number];
export type RequestedService = DeploymentRequest['services'][number];
