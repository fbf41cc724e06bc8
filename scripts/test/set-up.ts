import { join } from 'node:path';
import { freePort } from '../one-machine/free-port.js';
import type { OneMachine } from '../one-machine/start.js';
import type { Platform } from '../platform.js';
import { type Count, failedOf, scratch, type Side, vitest } from './commands.js';

type Env = Readonly<Record<string, string>>;

/** What stages stand on that run one after the other: servers and nodes, and the platform once one needs it. */
export class SetUp {
  private machine: OneMachine | undefined;
  private platform: Platform | undefined;
  private settings: Env | undefined;
  private readonly logFile: string;

  constructor(private readonly name: string) {
    this.logFile = join('.slipway', `test-platform-${name}.log`);
  }

  /** A vitest project that needs servers and nodes: started before the first of them. */
  async onOneMachine(project: string, side: Side): Promise<Count> {
    try {
      const { env } = await this.startMachine();
      return await vitest(project, { ...side, env: { ...side.env, ...env } });
    } catch (error) {
      return notStarted(project, 'the one-machine set-up', error);
    }
  }

  /** A vitest project that needs the platform too. */
  async onPlatform(project: string, side: Side): Promise<Count> {
    let env: NodeJS.ProcessEnv;
    try {
      const machine = await this.startMachine();
      this.settings ??= await this.settingsFor(side.env);
      this.platform ??= await this.startPlatform(machine, this.settings);
      env = { ...side.env, ...machine.env, ...this.settings, ...this.platform.env };
    } catch (error) {
      return notStarted(project, 'the platform', error);
    }
    const count = await vitest(project, { ...side, env });
    if (count.failed > 0) console.error(`${project}: the platform's log is ${this.logFile}`);
    return count;
  }

  /** Loaded when a stage needs it: unit tests would wait for the clients of all servers. */
  private async startMachine(): Promise<OneMachine> {
    const { startOneMachine } = await import('../one-machine/start.js');
    return (this.machine ??= await startOneMachine());
  }

  private async startPlatform(machine: OneMachine, settings: Env): Promise<Platform> {
    const { startPlatform } = await import('../platform.js');
    return startPlatform({ ...machine, env: { ...machine.env, ...settings }, logFile: this.logFile });
  }

  /** What tests of the platform look at, and limits that they reach in a time that can be waited for. */
  private async settingsFor(env: NodeJS.ProcessEnv): Promise<Env> {
    return {
      // The test that wants traces listens there; to all others it shows that a collector which is not there costs nothing.
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      OTEL_BSP_SCHEDULE_DELAY: '200',
      DEPLOYER_RECONCILE_MS: '3000',
      DEPLOYER_ORPHAN_AGE_MS: '10000',
      DEPLOYER_WORK_DIRECTORY: join(scratch, `sources-${this.name}`),
      // An installation of many packages says nothing for longer: where those are asked for, the default holds.
      ...(env['SLIPWAY_SOURCES'] === undefined && { DEPLOYER_BUILD_IDLE_MS: '60000' }),
      PLATFORM_LOG: this.logFile,
    };
  }

  async end(): Promise<void> {
    await this.platform?.stop();
    await this.machine?.stop();
    this.platform = undefined;
    this.machine = undefined;
  }
}

function notStarted(project: string, what: string, error: unknown): Count {
  console.error(
    `${project}: ${what} did not start.\n${error instanceof Error ? error.message : String(error)}`,
  );
  return failedOf(`${project}: ${what} did not start`);
}
