import { randomUUID } from 'node:crypto';
import {
  deploymentReplied,
  deploymentRequested,
  type DeploymentReply,
  type DeploymentRequest,
  type MessageData,
  type MessageDefinition,
  type RequestMode,
  tokenSchema,
  writtenAppIdSchema,
  writtenServiceNameSchema,
} from '#libs/contracts';
import type { z } from 'zod';
import type { FoundServices } from '../adapters/service-folders.js';
import { beforeSending } from '../before-sending.js';
import { argumentProblems } from '../domain/argument-problems.js';
import type { LeftOut } from '../domain/left-out.js';
import { type Asked, nextCommand } from '../domain/next-command.js';
import { replyLines } from '../domain/reply-lines.js';
import { exitCodes, usageError, type ExitCode } from '../errors.js';
import { followRequest, type Question } from '../follow-request.js';
import type { Output } from '../output.js';
import { principal } from '../principal.js';
import type { ServiceWish } from './service-wishes.js';
import { valid } from './valid.js';

/** What the arguments of a command ask for. */
interface RequestWish {
  readonly mode: RequestMode;
  readonly appId: string;
  readonly appName?: string;
  readonly services: readonly ServiceWish[];
  /** Without one a new token is made; giving the same again gets the same answer. */
  readonly token?: string;
  /** The request's own deadline. */
  readonly timeoutMs: number;
  /** Replaces also what runs the wanted release already. */
  readonly restart?: boolean;
  /** Only asks what would be done. */
  readonly dryRun?: boolean;
  /** The request that is to end. */
  readonly cancels?: string;
  /** Why, for those who read the history later. */
  readonly reason?: string;
}

/** How a request is followed, whatever it asks for. */
export interface Following {
  /** The request's own deadline. */
  readonly timeoutMs: number;
  /** The folder the services came from, for the hint after a failure. */
  readonly directory?: string;
  readonly interrupted: () => Promise<void>;
}

/** What programs are told of the folders besides the reply. */
export interface FolderNotes {
  readonly passedOver?: FoundServices['passedOver'];
  readonly leftOut?: readonly LeftOutOf[];
  readonly detected?: readonly DetectedOf[];
}

/** What a source is, in one line. */
export interface DetectedOf {
  readonly service: string;
  readonly detected: string;
}

export interface LeftOutOf extends LeftOut {
  readonly service: string;
}

/** The platform answers a request whose time ran out only then, and cleans up before. */
const GRACE_MS = 30_000;

export const newToken = (): string => `cli-${randomUUID()}`;

/** The message that asks for it. Throws a usage error that names each argument at fault. */
export function buildRequest(wish: RequestWish): DeploymentRequest {
  const { mode, appId, appName, services, token, timeoutMs, restart, dryRun, cancels, reason } = wish;
  valid(
    { argument: 'application', schema: writtenAppIdSchema, text: appId },
    ...services.map(({ name }) => ({ argument: '<service>', schema: writtenServiceNameSchema, text: name })),
    { argument: '--token', schema: tokenSchema, text: token },
    { argument: '--name', schema: deploymentRequested.schema.in.shape.appName, text: appName },
  );
  return message(deploymentRequested.schema, {
    ...{ mode, appId, services, restart, dryRun, cancels, reason, principal: principal() },
    token: token ?? newToken(),
    appName: appName ?? appId,
    deadlineMs: timeoutMs,
  });
}

/** What goes to the platform, by its schema. Throws a usage error that names the arguments, in the schema's words. */
export function message<S extends z.ZodType>(schema: S, body: z.input<S> | object): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw usageError('USAGE', argumentProblems(parsed.error.issues), {
    hint: 'Correct what is named above; --help shows examples.',
    cause: parsed.error,
  });
}

export interface Answer<A> {
  readonly reply: A;
  readonly elapsedMs: number;
}

/** Publishes what is asked, shows its way, waits for its answer. */
export async function ask<Q extends MessageDefinition, A extends MessageDefinition>(
  question: Question<Q, A>,
  { timeoutMs, interrupted }: Following,
  output: Output,
): Promise<Answer<MessageData<A>>> {
  const begunAt = performance.now();
  // Not at the start: many commands need no Kafka.
  const { openBroker } = await beforeSending(interrupted, () => import('../adapters/broker.js'));
  const reply = await followRequest(question, {
    broker: openBroker(),
    output,
    timeoutMs: timeoutMs + GRACE_MS,
    clock: () => performance.now(),
    interrupted,
  });
  return { reply, elapsedMs: performance.now() - begunAt };
}

export const asQuestion = (data: DeploymentRequest) => ({
  definition: deploymentRequested,
  answered: deploymentReplied,
  data,
  services: data.services.map(({ name }) => name),
});

/** Publishes one request, shows its way, prints its reply. Exit code 1 when a service failed. */
export async function sendRequest(
  request: DeploymentRequest,
  following: Following,
  output: Output,
  folders: FolderNotes = {},
): Promise<ExitCode> {
  const { reply, elapsedMs } = await ask(asQuestion(request), following, output);
  const { mode, appId, services } = request;
  const releaseNamed = services.some(({ release }) => release !== undefined);
  const asked = { mode, appId, directory: following.directory, releaseNamed };
  return report(reply, { asked, elapsedMs, value: { ...reply, ...folders } }, output);
}

interface Ended {
  readonly asked: Asked;
  readonly elapsedMs: number;
  /** The reply as programs are given it. */
  readonly value: object;
}

/** Prints how a request ended. */
export function report(reply: DeploymentReply, { asked, elapsedMs, value }: Ended, output: Output): ExitCode {
  const next = nextCommand(reply, asked);
  const lines = replyLines(reply, elapsedMs, output);
  if (next !== undefined) lines.push(`next: ${output.paint.bold(next)}`);
  output.answer({ ...value, elapsedMs: Math.round(elapsedMs), next }, lines);
  return reply.status ? exitCodes.ok : exitCodes.failed;
}
