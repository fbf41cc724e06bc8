import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RebalancingAnswer } from '#libs/contracts';
import { type AppProcess, uniqueName, until } from '#libs/testing';
import { Client } from '../e2e/client.js';
import { answerOf, type Ended, RunningCommand } from '../e2e/command.js';
import { slow } from '../e2e/services.js';
import { Traffic } from '../e2e/traffic.js';
import { registryRows } from '../e2e/world.js';
import { OwnPlatform } from './own-platform.js';

const LATER = { timeoutMs: 120_000 };

/** A service of the test: what it reserves, and of each 100 ms, how many it computes. */
export interface LoadedService {
  readonly cpu: number;
  readonly busyMs: number;
  readonly config?: object;
}

/** Answers as `slow` does, and computes beside that. */
function loading({ cpu, busyMs, config }: LoadedService): Record<string, string> {
  const files = slow('here', { resources: { cpu, memoryMiB: 64 }, ...config });
  const computing = `setInterval(() => { for (const end = Date.now() + ${busyMs}; Date.now() < end; ); }, 100);`;
  return { ...files, 'server.js': `${files['server.js']}\n${busyMs === 0 ? '' : computing}` };
}

/** An own platform on which all services of an application begin on one node, and the others are empty. */
export class UnevenPlatform {
  readonly appId = uniqueName('uneven');
  private readonly client = new Client();
  private platform!: OwnPlatform;
  private scratch!: string;
  private deployer!: AppProcess;
  private balancer!: AppProcess;
  /** The one on which they begin. */
  node = '';

  async open(apps: readonly string[] = []): Promise<void> {
    await this.client.connect();
    this.platform = await OwnPlatform.create();
    this.scratch = await mkdtemp(join(tmpdir(), 'slipway-uneven-'));
    Object.assign(this.platform.env, {
      DEPLOYER_WORK_DIRECTORY: this.scratch,
      // The ports of the platform are its own.
      ...{ NODE_FIRST_PORT: '30100', NODE_LAST_PORT: '30199' },
    });
    const [deployer, nodes] = await Promise.all([
      this.platform.start('deployer'),
      this.platform.enrolNodes(),
      ...apps.map((app) => this.platform.start(app)),
    ]);
    this.deployer = deployer;
    this.node = nodes.toSorted()[0]!;
    await this.balance({ LOAD_BALANCER_REBALANCING: 'off' });
  }

  async close(): Promise<void> {
    await this.platform?.close();
    await rm(this.scratch, { recursive: true, force: true });
    await this.client.close();
  }

  /** One load balancer with these settings, instead of the one before. */
  async balance(settings: NodeJS.ProcessEnv): Promise<void> {
    if (this.balancer !== undefined) await this.platform.stop(this.balancer);
    this.balancer = await this.platform.start('load-balancer', settings);
    this.platform.env['SLIPWAY_LOAD_BALANCER_URL'] = this.balancer.httpUrls()['load-balancer'];
  }

  async deploy(services: Readonly<Record<string, LoadedService>>): Promise<void> {
    const others = (await this.nodes()).filter((name) => name !== this.node);
    for (const name of others) expect((await this.slipway('node', 'cordon', name)).err).toBe('');
    const names = Object.keys(services);
    for (const [name, service] of Object.entries(services))
      await this.client.push(this.appId, name, loading(service));
    const reply = await this.ask('build-and-run', names);
    expect(reply.services.map(({ error }) => error)).toEqual(names.map(() => undefined));
    for (const name of others) expect((await this.slipway('node', 'uncordon', name)).err).toBe('');
    expect(new Set(await this.placesOf())).toEqual(new Set([this.node]));
  }

  async stop(services: readonly string[]): Promise<void> {
    await this.ask('stop', services);
  }

  /** What `slipway rebalance --json` says, once it is as wanted. */
  async shows(
    what: string,
    isSo: (answer: RebalancingAnswer) => boolean,
  ): Promise<RebalancingAnswer & { code: number | null }> {
    return until(
      what,
      async () => {
        const { code, out } = await this.slipway('rebalance', '--json');
        const answer = answerOf(out) as RebalancingAnswer;
        return isSo(answer) ? { ...answer, code } : undefined;
      },
      LATER,
    );
  }

  slipway(...words: string[]): Promise<Ended> {
    return new RunningCommand(words, this.platform.env).ended;
  }

  /**
   * Has the load balancer move `hot` off the node, with these settings, while a client reads the registry for each request
   * and sees no error. `kept` and `data` stay, and what is wanted is as before.
   */
  async movesHot(settings: NodeJS.ProcessEnv): Promise<RebalancingAnswer> {
    const before = await this.revisions();
    const rowsOf = (appId: string) => registryRows(appId, this.platform.database.pool);
    const traffic = new Traffic(this.appId, { rowsOf });
    await this.balance({ LOAD_BALANCER_REBALANCING: 'act', ...settings });
    const done = await this.shows('the end of the move', ({ ended }) => ended.length > 0);
    await traffic.stop();
    expect(done.ended).toMatchObject([{ service: 'hot', from: this.node, succeeded: true }]);
    expect(traffic.failures).toEqual([]);
    expect(traffic.answers.get('here')).toBeGreaterThan(10);
    expect(await this.placesOf('hot')).toEqual([done.ended[0]?.to]);
    expect(await this.placesOf('kept')).toEqual([this.node]);
    expect(await this.placesOf('data')).toEqual([this.node]);
    expect(await this.revisions(), 'what is wanted stays as it is').toEqual(before);
    return done;
  }

  /** Where its instances run: of one service, or of all. */
  async placesOf(service?: string): Promise<readonly string[]> {
    const rows = await registryRows(this.appId, this.platform.database.pool);
    return rows
      .filter((row) => row.state === 'running' && (service === undefined || row.service === service))
      .map(({ node }) => node);
  }

  async revisions(): Promise<readonly unknown[]> {
    const { rows } = await this.platform.database.pool.query(
      'SELECT service, revision, count FROM deployer.specs WHERE app_id = $1 ORDER BY service',
      [this.appId],
    );
    return rows;
  }

  private async nodes(): Promise<readonly string[]> {
    const { rows } = await this.platform.database.pool.query<{ name: string }>(
      'SELECT name FROM registry.nodes',
    );
    return rows.map(({ name }) => name);
  }

  private ask(mode: string, services: readonly string[]) {
    return this.platform.ask(this.deployer, { mode, appId: this.appId, services: [...services] });
  }
}
