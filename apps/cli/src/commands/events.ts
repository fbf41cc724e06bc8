import {
  writtenAppIdSchema,
  deploymentProgressed,
  type DeploymentProgress,
  tokenSchema,
  topics,
} from '#libs/contracts';
import type { KeptReader, TailedMessage } from '../adapters/broker.js';
import { MergeByTime } from '../domain/merge-by-time.js';
import { eventLines } from '../domain/progress-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { valid } from './valid.js';

interface EventsOptions {
  /** Until interrupted; otherwise what the topic still keeps, then the end. */
  readonly follow: boolean;
  readonly token?: string;
  readonly appId?: string;
  readonly interrupted: () => Promise<void>;
}

/**
 * Prints the steps of every request, of one application's or of one; one JSON object a line with `--json`. Following
 * one request begins with its first step, following more begins now: the kept steps of all would bury those to come.
 */
export async function events(written: EventsOptions, output: Output): Promise<ExitCode> {
  const { follow, token, interrupted } = written;
  valid(
    { argument: '--token', schema: tokenSchema, text: token },
    { argument: '--app', schema: writtenAppIdSchema, text: written.appId },
  );
  const options = namesHere(written, output);
  let printed = 0;
  const print = (event: DeploymentProgress): void => {
    printed += 1;
    output.answer(event, eventLines(event, { token: token === undefined }));
  };
  const { openBroker } = await import('../adapters/broker.js'); // Not at the start: many commands need no Kafka.
  const broker = openBroker();
  if (!follow) {
    await broker.readKept(topics.deploymentEvents, (partitions) => inOrder(partitions, options, print));
    if (printed === 0) for (const line of nothingKept(options, output)) output.aside(line);
    return exitCodes.ok;
  }
  const over = interrupted();
  const from = token === undefined ? 'end' : 'beginning';
  const follower = (message: TailedMessage): void => {
    const event = eventOf(message);
    if (event !== undefined && isWanted(event, options)) print(event);
  };
  const following = await broker.follow([topics.deploymentEvents], follower, from);
  output.aside('Following; Ctrl-C ends it.');
  await over;
  await following.stop();
  return exitCodes.ok;
}

/** Also what Kafka has deleted is in the deployer's record, by its token. */
export function nothingKept(
  { token, appId }: Pick<EventsOptions, 'token' | 'appId'>,
  { paint }: Pick<Output, 'paint'>,
): readonly string[] {
  const of = token === undefined ? 'any request' : `the request ${token}`;
  const next = token === undefined ? 'slipway events -f' : `slipway history ${token}`;
  return [
    `Kafka keeps no step of ${of}${appId === undefined ? '' : ` of ${appId}`}.`,
    `next: ${paint.bold(next)}`,
  ];
}

/** Prints what is kept while it is read. */
function inOrder(
  partitions: readonly number[],
  options: EventsOptions,
  print: (event: DeploymentProgress) => void,
): KeptReader {
  const merged = new MergeByTime({
    ...{ partitions, print },
    isWanted: (event: DeploymentProgress) => isWanted(event, options),
  });
  return {
    onMessage(message) {
      const event = eventOf(message);
      if (event !== undefined) merged.add(message.partition, event);
    },
    onEnd: (partition) => merged.end(partition),
  };
}

function eventOf({ data }: TailedMessage): DeploymentProgress | undefined {
  return deploymentProgressed.schema.safeParse(data).data;
}

function isWanted(event: { token: string; appId: string }, { token, appId }: EventsOptions): boolean {
  return (token === undefined || event.token === token) && (appId === undefined || event.appId === appId);
}
