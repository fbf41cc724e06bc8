import {
  deadLetterTopic,
  deploymentProgressed,
  type MessageData,
  type MessageDefinition,
  topics,
} from '#libs/contracts';
import type { Broker, TailedMessage } from './adapters/broker.js';
import { LiveTree } from './adapters/live-tree.js';
import { beforeSending } from './before-sending.js';
import { eventLines, progressLines } from './domain/progress-lines.js';
import { foldProgress, isOver, startProgress } from './domain/progress.js';
import { CliError, exitCodes, failure } from './errors.js';
import type { Output } from './output.js';

interface FollowOptions {
  readonly broker: Broker;
  readonly output: Output;
  readonly timeoutMs: number;
  /** Milliseconds, any origin. */
  readonly clock: () => number;
  /** Resolves at Ctrl-C. */
  readonly interrupted: () => Promise<void>;
}

/** A reply leaves before the steps that were stored with it. */
const LAST_STEPS_MS = 300;

/** What is asked, and what is answered. */
export interface Question<Q extends MessageDefinition, A extends MessageDefinition> {
  readonly definition: Q;
  readonly data: MessageData<Q> & { readonly token: string };
  /** The services whose steps are shown. */
  readonly services: readonly string[];
  readonly answered: A;
}

/**
 * Publishes a request and follows it to its reply. Reading along begins before publishing: a quick reply
 * would otherwise be missed. Throws when no reply comes in time, at Ctrl-C, or when the request was not understood.
 */
export async function followRequest<Q extends MessageDefinition, A extends MessageDefinition>(
  { definition, data, services, answered }: Question<Q, A>,
  options: FollowOptions,
): Promise<MessageData<A>> {
  const { broker, output, clock, timeoutMs } = options;
  const { token } = data;
  let progress = startProgress(token, services, clock());
  const tree = new LiveTree(output, () => progressLines(progress, clock(), output));
  const answer = Promise.withResolvers<MessageData<A>>();
  // Nobody awaits it yet when it fails while the request is still being published.
  answer.promise.catch(() => undefined);
  const lastStep = Promise.withResolvers<void>();

  // The dead-letter topic tells of a request that nobody could parse.
  const followed = [topics.deploymentEvents, answered.topic, deadLetterTopic(definition.topic)];
  const onMessage = (message: TailedMessage): void => {
    const event = progressOf(message, token);
    if (event !== undefined) {
      progress = foldProgress(progress, event, clock());
      if (!output.live) for (const line of eventLines(event, { token: false })) output.note(line);
      if (progress.services.every(isOver)) lastStep.resolve();
    }
    settle(message, token, answered, answer);
  };
  const following = await beforeSending(options.interrupted, () => broker.follow(followed, onMessage));
  const timer = setTimeout(() => answer.reject(noReply(token, timeoutMs)), timeoutMs);
  void options.interrupted().then(() => answer.reject(leftAlone(token)));
  try {
    tree.start();
    await broker.publish(definition, data);
    const reply = await answer.promise;
    // The tree is about to go; lines stay, and lack nothing.
    if (!output.live) await Promise.race([lastStep.promise, pause(LAST_STEPS_MS)]);
    return reply;
  } finally {
    clearTimeout(timer);
    tree.stop();
    await following.stop();
  }
}

/** It keeps no process up. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms).unref());

function progressOf({ topic, data }: TailedMessage, token: string) {
  if (topic !== topics.deploymentEvents) return undefined;
  const parsed = deploymentProgressed.schema.safeParse(data);
  return parsed.success && parsed.data.token === token ? parsed.data : undefined;
}

function settle<A extends MessageDefinition>(
  message: TailedMessage,
  token: string,
  answered: A,
  answer: PromiseWithResolvers<MessageData<A>>,
): void {
  if (message.topic === topics.deploymentEvents || !isFor(message.data, token)) return;
  if (message.topic !== answered.topic) return answer.reject(refused(message, token));
  const parsed = answered.schema.safeParse(message.data);
  if (parsed.success) answer.resolve(parsed.data as MessageData<A>);
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
      hint: 'The command and the platform probably have different versions.',
      logTail: reason === '' ? undefined : reason,
    },
  );
}

/** The steps so far and those to come. */
const followOn = (token: string): string => `slipway events -f --token ${token}`;

function noReply(token: string, timeoutMs: number): Error {
  return failure('REPLY_TIMEOUT', `No reply to ${token} within ${Math.round(timeoutMs / 1000)} s`, {
    hint: 'The request is not lost: a deployer carries it on. Check that one runs, then watch the request.',
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
