import { writtenAppIdSchema, type ReleaseDetails, writtenServiceNameSchema } from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import { tableLines } from '../domain/table.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { notDeployed } from './not-deployed.js';
import { valid } from './valid.js';

interface ReleasesOptions {
  readonly appId: string;
  /** All services when left out. */
  readonly service?: string;
}

/** What was built of an application, the newest first: what can be run or rolled back to. */
export async function releases(options: ReleasesOptions, output: Output): Promise<ExitCode> {
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: options.appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: options.service },
  );
  const { appId, service } = namesHere(options, output);
  const found = await openDeployer().releases(appId, service);
  const head = ['SERVICE', 'RELEASE', 'BUILT', 'CURRENT', 'DEPLOYED', 'LAST DEPLOYED', 'RUNS ON'];
  if (found.length === 0) throw notDeployed({ appId, service });
  output.answer(found, tableLines(head, found.map(row)));
  return exitCodes.ok;
}

const NONE = '-';

function row({ service, id, createdAt, current, deployments, instances }: ReleaseDetails): string[] {
  const nodes = instances.map(({ node }) => node).join(', ');
  const last = deployments.at(-1);
  return [
    ...[service, id, inSeconds(createdAt), current ? 'yes' : NONE, `${deployments.length} x`],
    ...[last === undefined ? NONE : inSeconds(last.at), nodes === '' ? NONE : nodes],
  ];
}

const inSeconds = (time: string): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
