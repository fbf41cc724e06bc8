import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseVariable } from '#libs/app-roles';
import { Listener, type Pool } from '#libs/postgres';
import { type Applied, TrafficWatch } from '#libs/registry-client';
import {
  addRunningInstance,
  type AppProcess,
  appPool,
  closedPort,
  createTestDatabase,
  migrateApp,
  spawnApp,
  type TestDatabase,
  until,
  untilReady,
} from '#libs/testing';
import { ask, Instance } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { HAPROXY } from '../../scripts/gateway/plane-alone.js';
import { startBrokers } from '../../scripts/one-machine/kafka.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';
import { type PostgresServer, startPostgresServer } from '../../scripts/one-machine/postgres.js';
import { cacheDirectory, claimSlot } from '../../scripts/one-machine/slot.js';
import { freshKeys } from '#libs/secrets';
import { LoadBalancerProcess } from './load-balancer-process.js';
import { TcpFront } from './tcp-front.js';

export const HOST = 'web.shop.localhost';
const SOON = { timeoutMs: 60_000 };
const quiet = (): void => undefined;

/** A gateway as a process, with a registry in Postgres that the test writes; each part of it may be killed. */
export class WholeGateway {
  private readonly instances = new Map<string, Instance>();
  private app: AppProcess | undefined;

  private constructor(
    private readonly stops: AsyncDisposableStack,
    private readonly database: TestDatabase,
    /** Between the gateway and Postgres. */
    readonly front: TcpFront,
    readonly postgres: PostgresServer['server'],
    private registry: Pool,
    readonly port: number,
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
    /** Those that the gateway may follow; none where it reads the registry itself. They do not run yet. */
    readonly loadBalancers: readonly LoadBalancerProcess[],
    private readonly watch: TrafficWatch,
  ) {}

  /** With load balancers, the gateway has nothing but their feeds. */
  static async start({ loadBalancers = 0 } = {}): Promise<WholeGateway> {
    const stops = new AsyncDisposableStack();
    try {
      return await WholeGateway.startWith(stops, loadBalancers);
    } catch (error) {
      await stops.disposeAsync();
      throw error;
    }
  }

  private static async startWith(stops: AsyncDisposableStack, count: number): Promise<WholeGateway> {
    await ensurePackages({ report: quiet }, { haproxy: HAPROXY });
    const slot = await claimSlot();
    stops.defer(() => slot.release());
    const setUp = { slot, cache: cacheDirectory(), report: quiet, breakable: false };
    const [brokers, postgres] = await Promise.all([startBrokers(setUp), startPostgresServer(slot.ledger)]);
    stops.defer(() => brokers.stop());
    stops.defer(() => postgres.stop());
    const database = await createTestDatabase({ adminUrl: postgres.url, roles: true });
    const registry = appPool(database, 'node-manager');
    registry.on('error', quiet);
    database.pool.on('error', quiet);
    stops.defer(() => registry.end());
    stops.defer(() => database.pool.end());
    await migrateApp('node-manager', registry);
    const watch = await watchOf(database, stops);
    const front = await TcpFront.start(Number(new URL(postgres.url).port));
    stops.defer(() => front.stop());
    const folder = await mkdtemp(join(tmpdir(), 'slipway-gateway-'));
    slot.ledger.hold({ kind: 'directory', path: folder });
    slot.ledger.hold({
      kind: 'pid-file',
      path: join(folder, 'haproxy.pid'),
      argument: join(folder, 'haproxy.cfg'),
    });
    stops.defer(() => rm(folder, { recursive: true, force: true }));
    const port = await closedPort();
    const url = new URL(String(database.appUrls[databaseVariable('gateway')]));
    url.port = String(front.port);
    const keys = freshKeys();
    const shared = { PATH: process.env['PATH'], ...keys, ...brokers.env };
    const loadBalancers: LoadBalancerProcess[] = [];
    for (let number = 1; number <= count; number += 1) {
      const own = await LoadBalancerProcess.create({
        ...{ ...shared, ...database.appUrls, LOAD_BALANCER_REPLICA: `lb-${number}` },
      });
      stops.defer(() => own.stop());
      loadBalancers.push(own);
    }
    const env = {
      ...shared,
      ...(count === 0
        ? { [databaseVariable('gateway')]: url.href }
        : {
            GATEWAY_FEED_URLS: loadBalancers.map((one) => one.url).join(),
            GATEWAY_FEED_TOKEN: keys['SLIPWAY_READ_TOKEN'],
          }),
      ...{ GATEWAY_HTTP_PORT: '0', GATEWAY_LISTEN: `127.0.0.1:${port}`, GATEWAY_FOLDER: folder },
      ...{ GATEWAY_HAPROXY: HAPROXY, GATEWAY_ACCESS_LOG: 'false' },
    };
    return new WholeGateway(
      ...[stops, database, front, postgres.server, registry, port, folder, env, loadBalancers, watch],
    );
  }

  async stop(): Promise<void> {
    await this.stopApp('SIGTERM');
    await Promise.all([...this.instances.values()].map((instance) => instance.kill()));
    await this.stops.disposeAsync();
  }

  /** The gateway, with these variables beside its own; resolves at once. */
  startApp(more: NodeJS.ProcessEnv = {}): AppProcess {
    this.app = spawnApp('gateway', { ...this.env, ...more });
    return this.app;
  }

  async untilAppReady(): Promise<void> {
    if (this.app !== undefined) await untilReady(this.app);
  }

  async stopApp(signal: NodeJS.Signals): Promise<void> {
    await this.app?.stop(signal);
    this.app = undefined;
  }

  /** What the gateway has written. */
  get log(): string {
    return this.app?.log() ?? '';
  }

  /** Of HAProxy's master, and of the worker that carries. */
  async haproxyPids(): Promise<{ readonly master: number; readonly worker: number }> {
    const master = Number(await readFile(join(this.folder, 'haproxy.pid'), 'utf8'));
    const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8');
    return { master, worker: Number(children.trim().split(' ').at(-1)) };
  }

  /** A running instance that the registry knows. */
  async addInstance(name: string): Promise<void> {
    const instance = await Instance.start(name);
    this.instances.set(name, instance);
    await addRunningInstance(this.registry, name, instance.port);
  }

  /** How many requests an instance has got. */
  seenAt(name: string): number {
    return this.instances.get(name)?.seen.length ?? 0;
  }

  /** As a deployer does: no new requests, and then nothing runs there any more. @returns how the wait ended */
  async drain(name: string): Promise<Applied> {
    await this.setState(name, 'draining');
    const applied = await this.watch.untilDrained(name, SOON);
    await this.setState(name, 'stopped');
    return applied;
  }

  private async setState(name: string, state: string): Promise<void> {
    await this.registry.query('UPDATE instance_records SET state = $2 WHERE name = $1', [name, state]);
  }

  /** An instance is added, and answers. @returns after how many milliseconds */
  async untilCarried(name: string): Promise<number> {
    const begun = performance.now();
    await this.addInstance(name);
    const answer = async (): Promise<string | undefined> =>
      (await ask({ port: this.port, host: HOST }).catch(() => undefined))?.body;
    await until(`${name} to answer`, async () => (await answer()) === name, SOON);
    return performance.now() - begun;
  }
}

/** Who waits for drains. */
async function watchOf(database: TestDatabase, stops: AsyncDisposableStack): Promise<TrafficWatch> {
  const pool = appPool(database, 'deployer');
  pool.on('error', quiet);
  const listener = new Listener({
    url: String(database.appUrls[databaseVariable('deployer')]),
    onError: quiet,
  });
  await listener.start();
  stops.defer(async () => {
    await listener.stop();
    await pool.end();
  });
  const watch = new TrafficWatch({ pool, listener });
  await watch.start();
  return watch;
}
