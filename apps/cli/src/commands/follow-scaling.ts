import { scaleReplied, scaleRequested } from '#libs/contracts';
import type { ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { principal } from '../principal.js';
import { ask, message, report } from './request.js';

interface FollowOptions {
  readonly timeoutMs: number;
  readonly interrupted: () => Promise<void>;
}

/** Asks for a change of what a service runs, follows it, and says what came of it. `releaseNamed`: for one release alone. */
export async function followScaling(
  wanted: Readonly<Record<string, unknown>> & { readonly token: string },
  options: FollowOptions,
  output: Output,
  asked: { readonly releaseNamed?: true } = {},
): Promise<ExitCode> {
  const data = message(scaleRequested.schema, {
    ...wanted,
    ...{ principal: principal(), deadlineMs: options.timeoutMs },
  });
  const question = { definition: scaleRequested, answered: scaleReplied, data, services: [data.service] };
  const { reply, elapsedMs } = await ask(question, options, output);
  const services = reply.service === undefined ? [] : [reply.service];
  const failed = reply.status ? [] : services.map(({ name }) => name);
  const whole = { token: wanted.token, status: reply.status, services, failed, error: reply.error };
  return report(
    whole,
    { asked: { mode: 'scale', appId: data.appId, ...asked }, elapsedMs, value: reply },
    output,
  );
}
