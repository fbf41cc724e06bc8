import {
  canaryRequestSchema,
  isTried,
  tokenSchema,
  writtenAppIdSchema,
  writtenServiceNameSchema,
} from '#libs/contracts';
import { usageError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { followScaling } from './follow-scaling.js';
import { newToken } from './request.js';
import { valid } from './valid.js';

export interface CanaryOptions {
  readonly appId?: string;
  readonly service?: string;
  /** `<release>=<percent>`. */
  readonly release: string;
  readonly instances?: number;
  readonly reason?: string;
  readonly token?: string;
  readonly timeoutMs: number;
  readonly interrupted: () => Promise<void>;
}

/** Gives a release a part of a service's requests, and follows that. */
export async function canary(options: CanaryOptions, output: Output): Promise<ExitCode> {
  const { appId, service, instances, reason, token = newToken() } = options;
  if (appId === undefined || service === undefined)
    throw usageError('USAGE', '--release needs an application and a service', {
      hint: 'Such as: slipway traffic shop prices --release shop-prices-1dc56952dadc=10',
    });
  const share = shareIn(options.release);
  valid(
    { argument: '[app]', schema: writtenAppIdSchema, text: appId },
    { argument: '[service]', schema: writtenServiceNameSchema, text: service },
    { argument: '--release', schema: canaryRequestSchema.shape.release, text: share.release },
    { argument: '--token', schema: tokenSchema, text: token },
  );
  if (instances !== undefined && !isTried(share.percent))
    throw usageError('USAGE', `--instances cannot be used with ${share.percent} percent`, {
      hint:
        share.percent === 0
          ? 'With 0 percent there is no canary any more.'
          : `All instances are of that release then. How many: slipway scale ${appId} ${service} <count>`,
    });
  const canary = { ...share, ...(instances !== undefined && { instances }) };
  return followScaling({ token, appId, service, reason, canary }, options, output, { releaseNamed: true });
}

const SHARE = /^(?<release>.+)=(?<percent>\d{1,3})$/;
const ALL = 100;

function shareIn(text: string): { readonly release: string; readonly percent: number } {
  const { release = '', percent = '' } = SHARE.exec(text)?.groups ?? {};
  if (percent !== '' && Number(percent) <= ALL) return { release, percent: Number(percent) };
  throw usageError(
    'USAGE',
    `--release is ${JSON.stringify(text)}: expected a release and a percentage, such as R=10`,
    {
      hint: '1 to 99 percent try a release, 0 takes it away, and 100 give it all of them.',
    },
  );
}
