import { randomUUID } from 'node:crypto';
import {
  appIdSchema,
  deploymentRequested,
  type DeploymentReply,
  type DeploymentRequest,
  type RequestMode,
  serviceNameSchema,
  tokenSchema,
} from '#libs/contracts';
import { openBroker } from '../adapters/broker.js';
import { type Asked, nextCommand } from '../domain/next-command.js';
import { replyLines } from '../domain/progress-lines.js';
import { exitCodes, usageError, type ExitCode } from '../errors.js';
import { followRequest } from '../follow-request.js';
import type { Output } from '../output.js';
import { valid } from './valid.js';

/** What the arguments of a command ask for. */
export interface RequestWish {
  readonly mode: RequestMode;
  readonly appId: string;
  readonly appName?: string;
  readonly services: readonly string[];
  /** Without one a new token is made; giving the same again gets the same answer. */
  readonly token?: string;
  /** The request's own deadline. */
  readonly timeoutMs: number;
}

/** How a request is followed, whatever it asks for. */
export interface Following {
  /** The request's own deadline. */
  readonly timeoutMs: number;
  /** The folder the services came from, for the hint after a failure. */
  readonly directory?: string;
  readonly interrupted: () => Promise<void>;
}

/** The platform answers a request whose time ran out only then, and cleans up before. */
const GRACE_MS = 30_000;

/** The message that asks for it. Throws a usage error that names each argument at fault. */
export function buildRequest(wish: RequestWish): DeploymentRequest {
  const { mode, appId, appName, services, token, timeoutMs } = wish;
  valid(
    { argument: 'application', schema: appIdSchema, text: appId },
    ...services.map((text) => ({ argument: '<service>', schema: serviceNameSchema, text })),
    { argument: '--token', schema: tokenSchema, text: token },
    { argument: '--name', schema: deploymentRequested.schema.shape.appName, text: appName },
  );
  const parsed = deploymentRequested.schema.safeParse({
    token: token ?? `cli-${randomUUID()}`,
    mode,
    appId,
    appName: appName ?? appId,
    services,
    deadlineMs: timeoutMs,
  });
  if (parsed.success) return parsed.data;
  throw usageError('USAGE', parsed.error.issues.map((issue) => issue.message).join('; '), {
    hint: 'Correct the services.',
    cause: parsed.error,
  });
}

/** Publishes one request, shows its way, prints its reply. Exit code 1 when a service failed. */
export async function sendRequest(
  request: DeploymentRequest,
  { timeoutMs, directory, interrupted }: Following,
  output: Output,
): Promise<ExitCode> {
  const begunAt = performance.now();
  const reply = await followRequest(request, {
    broker: openBroker(),
    output,
    timeoutMs: timeoutMs + GRACE_MS,
    clock: () => performance.now(),
    interrupted,
  });
  const elapsedMs = performance.now() - begunAt;
  const { mode, appId } = request;
  return report(reply, { mode, appId, directory, elapsedMs }, output);
}

interface Ended extends Asked {
  readonly elapsedMs: number;
}

function report(reply: DeploymentReply, { elapsedMs, ...asked }: Ended, output: Output): ExitCode {
  const next = nextCommand(reply, asked);
  const lines = replyLines(reply, elapsedMs, output);
  if (next !== undefined) lines.push(`next: ${output.paint.bold(next)}`);
  output.answer({ ...reply, elapsedMs: Math.round(elapsedMs), next }, lines);
  return reply.status ? exitCodes.ok : exitCodes.failed;
}
