import { appIdSchema, deploymentProgressed, tokenSchema, topics } from '#libs/contracts';
import { openBroker, type TailedMessage } from '../adapters/broker.js';
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
  const print = ({ data }: TailedMessage): void => {
    const parsed = deploymentProgressed.schema.safeParse(data);
    if (!parsed.success || !isWanted(parsed.data, options)) return;
    output.answer(parsed.data, eventLines(parsed.data, { token: token === undefined }));
  };
  const broker = openBroker();
  if (!follow) {
    await broker.readKept(topics.deploymentEvents, print);
    return exitCodes.ok;
  }
  const over = interrupted();
  const from = token === undefined ? 'end' : 'beginning';
  const following = await broker.follow([topics.deploymentEvents], print, from);
  output.aside('Following; Ctrl-C ends it.');
  await over;
  await following.stop();
  return exitCodes.ok;
}

function isWanted(event: { token: string; appId: string }, { token, appId }: EventsOptions): boolean {
  return (token === undefined || event.token === token) && (appId === undefined || event.appId === appId);
}
