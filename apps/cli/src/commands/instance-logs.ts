import { writtenAppIdSchema, printable, writtenServiceNameSchema } from '#libs/contracts';
import { type Deployer, openDeployer } from '../adapters/deployer.js';
import { linesOf } from '../domain/lines.js';
import { textLines } from '../domain/terminal-text.js';
import { CliError, exitCodes, type ExitCode, failure } from '../errors.js';
import type { Output } from '../output.js';
import { namesHere } from './names-here.js';
import { valid } from './valid.js';

interface InstanceLogsOptions {
  readonly appId: string;
  readonly service: string;
  /** All of the service when left out. */
  readonly instance?: string;
  /** The last lines of each. */
  readonly tail: number;
  /** Also those to come, until interrupted. */
  readonly follow: boolean;
  readonly interrupted: () => Promise<void>;
}

/** What instances say; with their names before it where there are several, an object a line with `--json`. */
export async function instanceLogs(written: InstanceLogsOptions, output: Output): Promise<ExitCode> {
  const { appId, service, instance, follow, interrupted } = written;
  valid(
    { argument: '<app>', schema: writtenAppIdSchema, text: appId },
    { argument: '<service>', schema: writtenServiceNameSchema, text: service },
    { argument: '--instance', schema: printable(200), text: instance },
  );
  const options = namesHere(written, output);
  const deployer = openDeployer();
  const names = instance === undefined ? await instancesOf(deployer, options) : [instance];
  const over = new AbortController();
  if (follow) {
    output.aside('Following; Ctrl-C ends it.');
    void interrupted().then(() => over.abort());
  }
  try {
    await Promise.all(
      names.map((name) => print(deployer, options, name, names.length > 1, over.signal, output)),
    );
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    // One that cannot be read ends the others, too.
    over.abort();
  }
  return exitCodes.ok;
}

async function instancesOf(deployer: Deployer, { appId, service }: InstanceLogsOptions) {
  const instances = await deployer.instances(appId, service).catch(async (error: unknown) => {
    throw (await neverUp(deployer, { appId, service }, error)) ?? error;
  });
  const running = instances.filter(({ state }) => state !== 'abandoned').map((found) => found.instance);
  if (running.length > 0) return running;
  throw failure('NOT_RUNNING', `${appId}/${service} has no instances`, {
    hint: 'The log of an instance is deleted with its container. For a build log: slipway logs APP SERVICE --build',
    next: `slipway run ${appId} ${service}`,
  });
}

/** Of a service that has no release, because its builds failed, the deployer knows nothing but their logs. */
export async function neverUp(
  deployer: Pick<Deployer, 'builds'>,
  { appId, service }: Pick<InstanceLogsOptions, 'appId' | 'service'>,
  error: unknown,
): Promise<Error | undefined> {
  if (!(error instanceof CliError && error.code === 'SERVICE_UNKNOWN')) return undefined;
  const [build] = await deployer.builds(appId, service);
  if (build === undefined) return undefined;
  return failure('NOT_RUNNING', `${appId}/${service} was never up: its build came to no release`, {
    hint: 'Read what its build said.',
    next: `slipway logs ${appId} ${service} --build`,
    cause: error,
  });
}

async function print(
  deployer: Deployer,
  options: InstanceLogsOptions,
  instance: string,
  named: boolean,
  signal: AbortSignal,
  output: Output,
): Promise<void> {
  const said = deployer.instanceLog({ ...options, instance }, signal);
  for await (const text of linesOf(said)) {
    const lines = textLines(text).map((line) => (named ? `${instance}  ${line}` : line));
    output.answer({ instance, line: text }, lines);
  }
}
