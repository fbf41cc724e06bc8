import type { DeploymentReply, DeploymentRequest } from '#libs/contracts';
import { type Deployer, openDeployer } from '../adapters/deployer.js';
import { errorLines } from '../domain/reply-lines.js';
import { CliError, exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';
import { type Answer, ask, asQuestion, type Following, report } from './request.js';

/** How long the deployer may take to say whether it knows the services. The reply is printed before. */
const LOOK_UP_MS = 3_000;

/** What the deployer knows of services. */
type OpenRecord = () => Pick<Deployer, 'releases' | 'spec'>;

/** Stops services. */
export async function stop(
  request: DeploymentRequest,
  following: Following,
  output: Output,
): Promise<ExitCode> {
  const answer = await ask(asQuestion(request), following, output);
  return reportStop(answer, request.appId, output, () => openDeployer(AbortSignal.timeout(LOOK_UP_MS)));
}

/**
 * Prints the reply as it came. Of what did not run, one that was never built nor run is a typing error: exit code 1,
 * and a hint. That is asked afterwards: a first deployment that is under way is stopped, too, and is not known before
 * it has planned.
 */
export async function reportStop(
  { reply, elapsedMs }: Answer<DeploymentReply>,
  appId: string,
  output: Output,
  open: OpenRecord,
): Promise<ExitCode> {
  const code = report(reply, { asked: { mode: 'stop', appId }, elapsedMs, value: reply }, output);
  const unknown = await unknownOf(reply, appId, open);
  if (unknown.length === 0) return code;
  const next = `slipway status ${appId}`;
  const error = {
    code: 'SERVICE_UNKNOWN',
    message: `There is no service ${unknown.map((name) => `${appId}/${name}`).join(', ')}.`,
    hint: `Check the name. See which there are: ${next}`,
  };
  for (const line of errorLines(error, output.paint, '')) output.note(line);
  output.note(`next: ${output.paint.bold(next)}`);
  return exitCodes.failed;
}

async function unknownOf(
  { services }: DeploymentReply,
  appId: string,
  open: OpenRecord,
): Promise<readonly string[]> {
  const idle = services.filter(({ status }) => status === 'not-running').map(({ name }) => name);
  const known = await Promise.all(idle.map((name) => isKnown(open, appId, name)));
  return idle.filter((_, index) => known[index] === false);
}

/** Also where the deployer cannot be asked: a stop needs Kafka alone. */
async function isKnown(open: OpenRecord, appId: string, service: string): Promise<boolean> {
  try {
    const record = open();
    if ((await record.releases(appId, service)).length > 0) return true;
    await record.spec(appId, service);
    return true;
  } catch (error) {
    return !(error instanceof CliError && error.code === 'SERVICE_UNKNOWN');
  }
}
