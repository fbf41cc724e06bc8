import { randomUUID } from 'node:crypto';
import { deploymentRequested, type DeploymentReply, type RequestMode } from '#libs/contracts';
import { openBroker } from '../adapters/broker.js';
import { nextCommand } from '../domain/next-command.js';
import { replyLines } from '../domain/progress-lines.js';
import { exitCodes, usageError, type ExitCode } from '../errors.js';
import { followRequest } from '../follow-request.js';
import type { Output } from '../output.js';

export interface RequestWish {
  readonly mode: RequestMode;
  readonly appId: string;
  readonly appName?: string;
  readonly services: readonly string[];
  /** Without one a new token is made; giving the same again gets the same answer. */
  readonly token?: string;
  readonly timeoutMs: number;
  /** The folder the services came from, for the hint after a failure. */
  readonly directory?: string;
}

/** Publishes one request, shows its way, prints its reply. Exit code 1 when a service failed. */
export async function sendRequest(wish: RequestWish, output: Output): Promise<ExitCode> {
  const begunAt = performance.now();
  const request = buildRequest(wish);
  const reply = await followRequest(request, {
    broker: openBroker(),
    output,
    timeoutMs: wish.timeoutMs,
    clock: () => performance.now(),
  });
  return report(reply, wish, performance.now() - begunAt, output);
}

function buildRequest(wish: RequestWish) {
  const parsed = deploymentRequested.schema.safeParse({
    token: wish.token ?? `cli-${randomUUID()}`,
    mode: wish.mode,
    appId: wish.appId,
    appName: wish.appName ?? wish.appId,
    services: wish.services,
    deadlineMs: wish.timeoutMs,
  });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw usageError('MESSAGE_INVALID', problems, {
    hint: 'Correct the arguments named above.',
    cause: parsed.error,
  });
}

function report(reply: DeploymentReply, wish: RequestWish, elapsedMs: number, output: Output): ExitCode {
  const next = reply.status ? undefined : nextCommand(reply, wish);
  output.data({ ...reply, elapsedMs: Math.round(elapsedMs), next });
  for (const line of replyLines(reply, elapsedMs, output.paint)) output.line(line);
  if (next !== undefined) output.line(`next: ${output.paint.bold(next)}`);
  return reply.status ? exitCodes.ok : exitCodes.failed;
}
