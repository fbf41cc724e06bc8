import type { DeploymentReply, DeploymentRequest } from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import { refuseUnknown } from '../domain/unknown-services.js';
import { CliError, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { ask, asQuestion, type Following, report } from './request.js';

/**
 * Stops services. Of what did not run, one that was never built nor run is a typing error. That is asked afterwards: a
 * first deployment that is under way is stopped, too, and is not known before it has planned.
 */
export async function stop(
  request: DeploymentRequest,
  following: Following,
  output: Output,
): Promise<ExitCode> {
  const { reply, elapsedMs } = await ask(asQuestion(request), following, output);
  const { appId } = request;
  const judged = refuseUnknown(reply, appId, await unknownOf(reply, appId));
  return report(judged, { asked: { mode: 'stop', appId }, elapsedMs, value: judged }, output);
}

async function unknownOf({ services }: DeploymentReply, appId: string): Promise<readonly string[]> {
  const idle = services.filter(({ status }) => status === 'not-running').map(({ name }) => name);
  const known = await Promise.all(idle.map((name) => isKnown(appId, name)));
  return idle.filter((_, index) => known[index] === false);
}

/** Also where the deployer cannot be asked: a stop needs Kafka alone. */
async function isKnown(appId: string, service: string): Promise<boolean> {
  try {
    const deployer = openDeployer();
    if ((await deployer.releases(appId, service)).length > 0) return true;
    await deployer.spec(appId, service);
    return true;
  } catch (error) {
    return !(error instanceof CliError && error.code === 'SERVICE_UNKNOWN');
  }
}
