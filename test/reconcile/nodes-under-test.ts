import Docker from 'dockerode';
import pg from 'pg';
import { SshPool } from '#libs/ssh';
import { requireEnv, sshTargetOf, until } from '#libs/testing';
import type { EngineHost } from '../../scripts/one-machine/engine-host.js';
import { type OneMachine, startOneMachine } from '../../scripts/one-machine/start.js';
import { type Platform, startPlatform } from '../../scripts/platform.js';

/** Looks often and loses patience soon, so that the tests do not wait for minutes. */
const IMPATIENT = {
  DEPLOYER_RECONCILE_MS: '2000',
  DEPLOYER_REPAIR_LIMIT: '3',
  DEPLOYER_NODE_LOST_MS: '4000',
  DEPLOYER_ORPHAN_AGE_MS: '3000',
};

/** A set-up of its own, whose nodes may be crashed. */
export class NodesUnderTest {
  private constructor(
    private readonly machine: OneMachine,
    private readonly platform: Platform,
    private readonly database: pg.Pool,
  ) {}

  static async start(): Promise<NodesUnderTest> {
    const machine = await startOneMachine({ report: () => undefined });
    Object.assign(process.env, machine.env);
    try {
      const env = { ...machine.env, ...IMPATIENT };
      const platform = await startPlatform({ ...machine, env, logFile: '.slipway/reconcile-platform.log' });
      Object.assign(process.env, platform.env);
      const database = new pg.Pool({ connectionString: requireEnv('DATABASE_URL') });
      database.on('error', () => undefined);
      return new NodesUnderTest(machine, platform, database);
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.database.end();
    await this.platform.stop();
    await this.machine.stop();
  }

  host(node: string): EngineHost {
    const host = this.machine.hosts[this.machine.nodes.findIndex(({ name }) => name === node)];
    if (host === undefined) throw new Error(`there is no node ${node}`);
    return host;
  }

  engine(node: string): Docker {
    return new Docker({ socketPath: this.host(node).socketPath });
  }

  /** As root on the node's own shell would. */
  async killProcess(node: string, pid: number): Promise<void> {
    const entry = this.machine.nodes.find(({ name }) => name === node);
    if (entry === undefined) throw new Error(`there is no node ${node}`);
    const ssh = new SshPool();
    try {
      await ssh.exec(sshTargetOf(entry), ['kill', '-9', String(pid)], { timeoutMs: 10_000 });
    } finally {
      await ssh.close();
    }
  }

  async query<R extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly R[]> {
    return (await this.database.query<R>(sql, [...values])).rows;
  }

  /** Resolves when the reconciler has looked at the node so often from now on. */
  async looks(node: string, times = 2): Promise<void> {
    for (let n = 0; n < times; n += 1) {
      const before = await this.nextLook(node);
      await until('the next look', async () => (await this.nextLook(node)) > before);
    }
  }

  private async nextLook(node: string): Promise<number> {
    const [row] = await this.query<{ due_at: Date }>(
      'SELECT due_at FROM deployer.node_checks WHERE node = $1',
      [node],
    );
    return row?.due_at.getTime() ?? 0;
  }
}
