import { writtenAppIdSchema, writtenServiceNameSchema } from '#libs/contracts';
import { openLoadBalancer } from '../adapters/load-balancer.js';
import { readPolicyFile } from '../adapters/policy-file.js';
import { scalingReplayLines } from '../domain/scaling-replay-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { durationMs } from './node-fields.js';
import { ofKnown } from './not-deployed.js';
import { parsedPolicy } from './scaling.js';
import { valid } from './valid.js';

interface ReplayOptions {
  readonly appId: string;
  readonly service: string;
  /** A file. */
  readonly policy: string;
  /** Times such as `24h`. */
  readonly last?: string;
  readonly start?: string;
}

/** What a policy would have done with the figures that are kept, beside the present one. Changes nothing. */
export async function replayScaling(options: ReplayOptions, output: Output): Promise<ExitCode> {
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: options.appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: options.service },
  );
  const { appId, service } = namesHere(options, output);
  const [lastMs, startMs] = [durationMs('--last', options.last), durationMs('--start', options.start)];
  const policy = parsedPolicy(await readPolicyFile(options.policy));
  const replay = await ofKnown({ appId, service }, () =>
    openLoadBalancer().replayScaling(appId, service, { policy, lastMs, startMs }),
  );
  output.answer(replay, scalingReplayLines(replay, output.paint));
  return exitCodes.ok;
}
