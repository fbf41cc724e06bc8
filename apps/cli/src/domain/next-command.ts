import { archiveErrorCodes, type DeploymentReply, type RequestMode } from '#libs/contracts';
import { shellWord } from './shell-word.js';

export interface Asked {
  readonly mode: RequestMode | 'scale';
  readonly appId: string;
  readonly directory?: string;
  /** A release was asked for by its id. */
  readonly releaseNamed?: boolean;
}

/** Faults of the source: changing it and deploying again is the way on. */
const sourceFaults = new Set([
  'SOURCE_NOT_FOUND',
  ...archiveErrorCodes,
  'CONFIG_MISSING',
  'CONFIG_INVALID',
  'RUNTIME_UNKNOWN',
  'SOURCE_UNCLEAR',
  'RELEASE_FAILED',
  'CONTAINER_EXITED',
  'HEALTH_TIMEOUT',
]);
/** Faults of the machines: look at them. */
const nodeFaults = new Set(['NO_NODE', 'NODE_UNREACHABLE', 'PULL_FAILED', 'PULL_TIMEOUT']);

/** The command line that helps most after a reply; none when all is done. */
export function nextCommand(reply: DeploymentReply, asked: Asked): string | undefined {
  return reply.status ? afterSuccess(reply, asked) : afterFailure(reply, asked);
}

function afterSuccess({ services }: DeploymentReply, { mode, appId }: Asked): string | undefined {
  if (mode === 'stop') return undefined;
  if (mode !== 'build') return `slipway status ${appId}`;
  return `slipway run ${appId} ${services.map((service) => service.name).join(' ')}`;
}

function afterFailure(reply: DeploymentReply, asked: Asked): string {
  const failed = reply.services.filter((service) => service.status === 'failed');
  const names = failed.map((service) => service.name).join(' ');
  // What failed because another did says nothing of the way on.
  const cause = failed.find(({ error }) => error?.code !== 'DEPENDENCY_FAILED') ?? failed[0];
  const code = cause?.error?.code ?? reply.error?.code ?? 'INTERNAL';
  if (nodeFaults.has(code)) return 'slipway node ls';
  if (code === 'BUILD_FAILED' && cause !== undefined)
    return `slipway logs ${asked.appId} ${cause.name} --build`;
  if (code === 'SECRET_NOT_FOUND') return `slipway secret list ${asked.appId}`;
  if (
    ['RELEASE_NOT_FOUND', 'CANARY_REFUSED'].includes(code) &&
    (asked.mode === 'rollback' || asked.releaseNamed === true)
  )
    return `slipway releases ${asked.appId} ${names}`;
  // What was never deployed has no release, and often no source to build either.
  if (code === 'RELEASE_NOT_FOUND' && asked.mode === 'scale') return `slipway status ${asked.appId}`;
  if (code === 'RELEASE_NOT_FOUND') return `slipway build ${asked.appId} ${names}`;
  if (sourceFaults.has(code))
    return `slipway deploy ${asked.directory === undefined ? '<dir>' : shellWord(asked.directory)} --app ${asked.appId} ${names}`.trimEnd();
  return `slipway events --token ${reply.token}`;
}
