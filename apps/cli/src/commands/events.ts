import {
  appIdSchema,
  deploymentProgressed,
  type DeploymentProgress,
  tokenSchema,
  topics,
} from '#libs/contracts';
import type { Broker, TailedMessage } from '../adapters/broker.js';
import { mergeByTime } from '../domain/merge-by-time.js';
import { eventLines } from '../domain/progress-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
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
export async function events(options: EventsOptions, output: Output): Promise<ExitCode> {
  const { follow, token, appId, interrupted } = options;
  valid(
    { argument: '--token', schema: tokenSchema, text: token },
    { argument: '--app', schema: appIdSchema, text: appId },
  );
  const print = (event: DeploymentProgress): void =>
    output.answer(event, eventLines(event, { token: token === undefined }));
  const { openBroker } = await import('../adapters/broker.js'); // Not at the start: many commands need no Kafka.
  const broker = openBroker();
  if (!follow) {
    for (const event of mergeByTime(await keptEvents(broker, options))) print(event);
    return exitCodes.ok;
  }
  const over = interrupted();
  const from = token === undefined ? 'end' : 'beginning';
  const follower = (message: TailedMessage): void => eventsIn(message, options).forEach(print);
  const following = await broker.follow([topics.deploymentEvents], follower, from);
  output.aside('Following; Ctrl-C ends it.');
  await over;
  await following.stop();
  return exitCodes.ok;
}

/** What is kept, partition by partition. */
async function keptEvents(broker: Broker, options: EventsOptions): Promise<DeploymentProgress[][]> {
  const kept = new Map<number, DeploymentProgress[]>();
  await broker.readKept(topics.deploymentEvents, (message) => {
    const list = kept.get(message.partition) ?? [];
    list.push(...eventsIn(message, options));
    kept.set(message.partition, list);
  });
  return [...kept.values()];
}

/** The event of a message, if it is one that is asked for. */
function eventsIn({ data }: TailedMessage, options: EventsOptions): readonly DeploymentProgress[] {
  const parsed = deploymentProgressed.schema.safeParse(data);
  return parsed.success && isWanted(parsed.data, options) ? [parsed.data] : [];
}

function isWanted(event: { token: string; appId: string }, { token, appId }: EventsOptions): boolean {
  return (token === undefined || event.token === token) && (appId === undefined || event.appId === appId);
}
