import { deploymentProgressed, topics } from '#libs/contracts';
import { openBroker } from '../adapters/broker.js';
import { eventLine } from '../domain/progress-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';

export interface EventsOptions {
  readonly token?: string;
  readonly appId?: string;
  /** Resolves when the reader has seen enough. */
  readonly until: Promise<void>;
}

/** Prints every step of every request, or of one, from now on; one JSON object a line with `--json`. */
export async function events(options: EventsOptions, output: Output): Promise<ExitCode> {
  const following = await openBroker().follow([topics.deploymentEvents], ({ data }) => {
    const parsed = deploymentProgressed.schema.safeParse(data);
    if (!parsed.success || !isWanted(parsed.data, options)) return;
    output.data(parsed.data);
    output.line(eventLine(parsed.data));
  });
  await options.until;
  await following.stop();
  return exitCodes.ok;
}

function isWanted(event: { token: string; appId: string }, { token, appId }: EventsOptions): boolean {
  return (token === undefined || event.token === token) && (appId === undefined || event.appId === appId);
}
