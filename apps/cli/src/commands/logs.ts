import {
  writtenAppIdSchema,
  type BuildDetails,
  printable,
  writtenServiceNameSchema,
  tokenSchema,
} from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import { textLines } from '../domain/terminal-text.js';
import { exitCodes, failure, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { valid } from './valid.js';

interface BuildLogOptions {
  readonly appId: string;
  readonly service: string;
  /** The newest build when this and `token` are left out, whether it came to a release or not. */
  readonly release?: string;
  readonly token?: string;
}

/** What a build said. */
export async function buildLog(written: BuildLogOptions, output: Output): Promise<ExitCode> {
  const { release, token } = written;
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: written.appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: written.service },
    { argument: '--release', schema: printable(200), text: release },
    { argument: '--token', schema: tokenSchema, text: token },
  );
  const options = namesHere(written, output);
  const { appId, service } = options;
  const deployer = openDeployer();
  const build = (await deployer.builds(appId, service)).find(
    (kept) =>
      (release === undefined || kept.release === release) && (token === undefined || kept.token === token),
  );
  if (build === undefined) throw nothingKept(options);
  const text = await deployer.buildLog(build.token, service);
  output.aside(`The build of ${service} at ${build.startedAt}, ${outcome(build)}:`);
  output.answer({ ...build, log: text }, textLines(text.replace(/\n$/, '')));
  return exitCodes.ok;
}

const outcome = ({ release, token }: BuildDetails): string =>
  release === undefined ? `which came to no release (request ${token})` : `release ${release}`;

function nothingKept({ appId, service, release, token }: BuildLogOptions): Error {
  const of = [release, token === undefined ? undefined : `request ${token}`].filter(Boolean).join(' of ');
  return failure(
    'BUILD_LOG_UNKNOWN',
    `There is no build log of ${appId}/${service}${of === '' ? '' : ` of ${of}`}`,
    {
      hint: 'An unchanged source is not built again, and a log is deleted with its release.',
      next: `slipway releases ${appId} ${service}`,
    },
  );
}
