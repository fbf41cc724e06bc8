import { deploymentProgressed, topics } from '#libs/contracts';
import { openBroker, type TailedMessage } from '../adapters/broker.js';
import { eventLine } from '../domain/progress-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';

export interface EventsOptions {
  /** From now on until interrupted; otherwise what the topic still keeps, then the end. */
  readonly follow: boolean;
  readonly token?: string;
  readonly appId?: string;
  readonly interrupted: () => Promise<void>;
}

/** Prints the steps of every request, or of one; one JSON object a line with `--json`. */
export async function events(options: EventsOptions, output: Output): Promise<ExitCode> {
  const print = ({ data }: TailedMessage): void => {
    const parsed = deploymentProgressed.schema.safeParse(data);
    if (!parsed.success || !isWanted(parsed.data, options)) return;
    output.data(parsed.data);
    output.line(eventLine(parsed.data));
  };
  const broker = openBroker();
  if (options.follow) {
    const following = await broker.follow([topics.deploymentEvents], print);
    await options.interrupted();
    await following.stop();
  } else {
    await broker.readKept(topics.deploymentEvents, print);
  }
  return exitCodes.ok;
}

function isWanted(event: { token: string; appId: string }, { token, appId }: EventsOptions): boolean {
  return (token === undefined || event.token === token) && (appId === undefined || event.appId === appId);
}
