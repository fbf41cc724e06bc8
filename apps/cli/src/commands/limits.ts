import {
  type LIMIT_OUTCOMES,
  type LimitsSaid,
  type RescalingPolicy,
  type ServiceLimits,
  writtenAppIdSchema,
  writtenServiceNameSchema,
} from '#libs/contracts';
import { openRescaler } from '../adapters/rescaler.js';
import { limitDecisionLines, limitsLines } from '../domain/limit-lines.js';
import { writtenLimit } from '../domain/limit-words.js';
import { exitCodes, type ExitCode, usageError } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { valid } from './valid.js';

interface OfService {
  readonly appId: string;
  readonly service: string;
}

interface LimitsOptions extends OfService {
  /** `0.2:1`, or an amount. */
  readonly cpu?: string;
  readonly memory?: string;
  readonly policy?: RescalingPolicy;
  readonly unset?: boolean;
  readonly reason?: string;
}

const USUAL_LIMIT = 20;

/** The limits of a service; with bounds or a policy, they are set first. */
export async function limits(options: LimitsOptions, output: Output): Promise<ExitCode> {
  const { reason, unset, ...of } = checked(options, output);
  const said = saidOf(of);
  const why = { ...(reason !== undefined && { reason }) };
  if (unset === true && Object.keys(said).length > 0)
    throw usageError('USAGE', 'Either --unset or bounds', { hint: 'Leave one of them out.' });
  const api = openRescaler();
  if (unset === true) return shown(await api.takeBackLimits(of, why), output);
  if (Object.keys(said).length === 0) return shown(await api.limits(of), output);
  return shown(await api.setLimits(of, said, why), output);
}

/** Has limits changed, or left as they are. */
export async function guard(
  options: OfService & { readonly reason?: string },
  guarded: boolean,
  output: Output,
): Promise<ExitCode> {
  const { reason, ...of } = checked(options, output);
  const why = { ...(reason !== undefined && { reason }) };
  return shown(await openRescaler().guard(of, guarded, why), output);
}

/** Why limits are as they are: the newest first. */
export async function explainLimits(
  options: OfService & { readonly outcome?: (typeof LIMIT_OUTCOMES)[number]; readonly limit?: number },
  output: Output,
): Promise<ExitCode> {
  const { outcome, limit = USUAL_LIMIT, ...of } = checked(options, output);
  const { items } = await openRescaler().decisions(of, { outcome, limit });
  output.answer(items, limitDecisionLines(items));
  return exitCodes.ok;
}

function shown(answer: ServiceLimits, output: Output): ExitCode {
  output.answer(answer, limitsLines(answer));
  return exitCodes.ok;
}

function saidOf({ cpu, memory, policy }: LimitsOptions): LimitsSaid {
  const given = { cpu: limitOf('--cpu', cpu), memoryMiB: limitOf('--memory', memory) };
  const bounds = Object.entries(given).flatMap(([name, limit]) =>
    limit === undefined || 'at' in limit ? [] : [[name, limit]],
  );
  const amounts = Object.entries(given).flatMap(([name, limit]) =>
    limit === undefined || !('at' in limit) ? [] : [[name, limit.at] as const],
  );
  // An amount alone is its own bounds, and nothing else is to change it.
  const own = amounts.map(([name, at]) => [name, { min: at, max: at }]);
  const isFixed = amounts.length > 0 && policy === undefined;
  return {
    ...(Object.fromEntries([...bounds, ...own]) as LimitsSaid),
    ...(amounts.length > 0 && { at: Object.fromEntries(amounts) }),
    ...(policy !== undefined && { policy }),
    ...(isFixed && { policy: 'fixed' as const }),
  };
}

function limitOf(option: string, text: string | undefined) {
  const limit = text === undefined ? undefined : writtenLimit(text);
  if (text !== undefined && limit === undefined)
    throw usageError('USAGE', `${option}: expected the least and the most, or one amount`, {
      hint: 'Such as --cpu 0.2:1 --memory 128:512, or --cpu 0.5.',
    });
  return limit;
}

function checked<T extends OfService>(options: T, output: Output): T {
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: options.appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: options.service },
  );
  return namesHere(options, output);
}
