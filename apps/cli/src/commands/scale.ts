import { tokenSchema, writtenAppIdSchema, writtenServiceNameSchema } from '#libs/contracts';
import { usageError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { followScaling } from './follow-scaling.js';
import { newToken } from './request.js';
import { valid } from './valid.js';

export interface ScaleOptions {
  readonly appId: string;
  readonly service: string;
  /** `3`, `+1` or `-1`. */
  readonly count?: string;
  /** The instance that is to go. */
  readonly instance?: string;
  readonly reason?: string;
  readonly token?: string;
  readonly timeoutMs: number;
  readonly interrupted: () => Promise<void>;
}

/** Asks for more or fewer instances of what a service runs, and follows it. */
export async function scale(options: ScaleOptions, output: Output): Promise<ExitCode> {
  const { appId, service, instance, reason, token = newToken() } = options;
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: service },
    { argument: '--token', schema: tokenSchema, text: token },
  );
  const change = { token, appId, service, instance, reason, ...wanted(options) };
  return followScaling(change, options, output);
}

/** `+0` asks for nothing. */
const COUNT = /^(?:\d{1,4}|[+-]0*[1-9]\d{0,3})$/;

function wanted({ count, instance }: ScaleOptions): { readonly by?: number; readonly to?: number } {
  if (count === undefined && instance !== undefined) return {};
  if (count === undefined || instance !== undefined) throw oneOfBoth();
  if (!COUNT.test(count))
    throw usageError('USAGE', `<count> is ${JSON.stringify(count)}: expected a number such as 3, +1 or -1`, {
      hint: '3 means three instances; +1 and -1 mean one more and one fewer.',
    });
  return /^[+-]/.test(count) ? { by: Number(count) } : { to: Number(count) };
}

const oneOfBoth = (): Error =>
  usageError('USAGE', 'Give either <count> or --instance', {
    hint: '<count> says how many instances to run; --instance says which one to stop.',
  });
