import { expect } from 'vitest';
import { deploymentReplied, type DeploymentReply } from '#libs/contracts';
import {
  type AppProcess,
  createTestDatabase,
  requireEnv,
  spawnApp,
  type TestDatabase,
  testNodes,
  uniqueName,
  untilReady,
} from '#libs/testing';
import { enrol } from '../../scripts/platform.js';

/** Apps beside the platform, on its servers and nodes, with topics and a database of their own. */
export class OwnPlatform {
  private readonly running = new Set<AppProcess>();

  private constructor(
    readonly database: TestDatabase,
    /** Of every app, and of the command. */
    readonly env: NodeJS.ProcessEnv,
  ) {}

  static async create(): Promise<OwnPlatform> {
    const database = await createTestDatabase({ roles: true });
    const { DATABASE_URL: _, ...platform } = process.env;
    return new OwnPlatform(database, {
      ...{ ...platform, ...database.appUrls },
      KAFKA_PREFIX: `${uniqueName('own')}.`,
    });
  }

  async start(app: string, variables: NodeJS.ProcessEnv = {}): Promise<AppProcess> {
    const started = spawnApp(app, { ...this.env, ...variables });
    this.running.add(started);
    await untilReady(started);
    return started;
  }

  async stop(app: AppProcess): Promise<void> {
    this.running.delete(app);
    expect((await app.stop()).code).toBe(0);
  }

  /** It ends without a word, as by SIGKILL. */
  async kill(app: AppProcess): Promise<void> {
    this.running.delete(app);
    await app.stop('SIGKILL');
  }

  /** Starts a node manager and enrols the nodes of the set-up, or the first ones. Their names. */
  async enrolNodes(most?: number): Promise<readonly string[]> {
    this.env['SLIPWAY_API_URL'] = Object.values((await this.start('node-manager')).httpUrls())[0];
    const nodes = (await testNodes()).slice(0, most);
    for (const node of nodes) await enrol(this.env as Record<string, string>, node);
    return nodes.map(({ name }) => name);
  }

  /** What a deployer of it answers to a request. */
  async ask(deployer: AppProcess, request: object): Promise<DeploymentReply> {
    const response = await fetch(`${deployer.httpUrls()['deployer']}/v1/requests`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${requireEnv('SLIPWAY_API_TOKEN')}`,
        ...{ 'content-type': 'application/json', prefer: 'wait=100' },
      },
      body: JSON.stringify({ appName: 'Own', ...request }),
    });
    return deploymentReplied.schema.parse(await response.json());
  }

  async close(): Promise<void> {
    await Promise.all([...this.running].map((app) => this.stop(app)));
    await this.database.drop();
  }
}
