import {
  deploymentProgressed,
  deploymentReplied,
  topics,
  type DeploymentReply,
  type DeploymentRequest,
} from '#libs/contracts';
import type { Broker, TailedMessage } from './adapters/broker.js';
import { LiveTree } from './adapters/live-tree.js';
import { eventLines, progressLines } from './domain/progress-lines.js';
import { foldProgress, startProgress } from './domain/progress.js';
import { followedTopics } from './domain/targets.js';
import { CliError, exitCodes, failure } from './errors.js';
import type { Output } from './output.js';

export interface FollowOptions {
  readonly broker: Broker;
  readonly output: Output;
  readonly timeoutMs: number;
  /** Milliseconds, any origin. */
  readonly clock: () => number;
  /** Resolves at Ctrl-C; asked once there is a request that goes on without us. */
  readonly interrupted: () => Promise<void>;
}

/**
 * Publishes a request and follows it to its reply. Reading along begins before publishing: a quick reply
 * would otherwise be missed. Throws when no reply comes in time, at Ctrl-C, or when the request was not understood.
 */
export async function followRequest(
  request: DeploymentRequest,
  options: FollowOptions,
): Promise<DeploymentReply> {
  const { broker, output, clock, timeoutMs } = options;
  const { token } = request;
  const names = request.services.map((service) => service.name);
  let progress = startProgress(token, names, clock());
  const tree = new LiveTree(output, () => progressLines(progress, clock(), output));
  const answer = Promise.withResolvers<DeploymentReply>();
  // Nobody awaits it yet when it fails while the request is still being published.
  answer.promise.catch(() => undefined);

  const following = await broker.follow(followedTopics, (message) => {
    const event = progressOf(message, token);
    if (event !== undefined) {
      progress = foldProgress(progress, event, clock());
      if (!output.live) for (const line of eventLines(event, { token: false })) output.note(line);
    }
    settle(message, token, answer);
  });
  const timer = setTimeout(() => answer.reject(noReply(token, timeoutMs)), timeoutMs);
  void options.interrupted().then(() => answer.reject(leftAlone(token)));
  try {
    tree.start();
    await broker.publish(request);
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    tree.stop();
    await following.stop();
  }
}

function progressOf({ topic, data }: TailedMessage, token: string) {
  if (topic !== topics.deploymentEvents) return undefined;
  const parsed = deploymentProgressed.schema.safeParse(data);
  return parsed.success && parsed.data.token === token ? parsed.data : undefined;
}

function settle(message: TailedMessage, token: string, answer: PromiseWithResolvers<DeploymentReply>): void {
  if (message.topic === topics.deploymentResponses) {
    const parsed = deploymentReplied.schema.safeParse(message.data);
    if (parsed.success && parsed.data.token === token) answer.resolve(parsed.data);
  } else if (message.topic !== topics.deploymentEvents && isFor(message.data, token)) {
    answer.reject(refused(message, token));
  }
}

const isFor = (data: unknown, token: string): boolean =>
  typeof data === 'object' && data !== null && 'token' in data && data.token === token;

function refused(message: TailedMessage, token: string): Error {
  const reason = Object.entries(message.headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
  return failure(
    'MESSAGE_INVALID',
    `The platform did not understand request ${token}; it lies on ${message.topic}`,
    {
      hint: 'The command and the platform are of different versions, most likely.',
      logTail: reason === '' ? undefined : reason,
    },
  );
}

/** The steps so far and those to come. */
const followOn = (token: string): string => `slipway events -f --token ${token}`;

function noReply(token: string, timeoutMs: number): Error {
  return failure('REPLY_TIMEOUT', `No reply to ${token} within ${Math.round(timeoutMs / 1000)} s`, {
    hint: 'The request is not lost: it goes on where a deployer runs. Check that one does, then watch it.',
    next: followOn(token),
  });
}

function leftAlone(token: string): Error {
  return new CliError(
    'INTERRUPTED',
    `You stopped waiting; the request ${token} goes on`,
    exitCodes.interrupted,
    {
      hint: 'Watch its steps; the same command with this --token waits for its reply again.',
      next: followOn(token),
    },
  );
}
