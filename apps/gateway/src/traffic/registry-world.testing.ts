import { type AppName, databaseVariable } from '#libs/app-roles';
import { Listener, type Pool } from '#libs/postgres';
import {
  addRunningInstance,
  appPool,
  createTestDatabase,
  migrateApp,
  type TestDatabase,
} from '#libs/testing';
import { Instance } from '../data-plane/haproxy.testing.js';

/** A database with the registry, a gateway's part of it, and instances that run on this machine. */
export class RegistryWorld {
  /** What a test has started: ended by `clear`, the last one first. */
  readonly stops: (() => Promise<unknown>)[] = [];
  private readonly pools: Pool[] = [];

  private constructor(
    readonly database: TestDatabase,
    /** The node manager's. */
    readonly registry: Pool,
    /** The gateway's. */
    readonly pool: Pool,
    readonly listener: Listener,
  ) {
    this.pools.push(registry, pool);
  }

  static async start(): Promise<RegistryWorld> {
    const database = await createTestDatabase({ roles: true });
    const [registry, pool] = [appPool(database, 'node-manager'), appPool(database, 'gateway')];
    await migrateApp('node-manager', registry);
    await migrateApp('gateway', pool);
    const listener = new Listener({ url: String(database.appUrls[databaseVariable('gateway')]) });
    await listener.start();
    return new RegistryWorld(database, registry, pool, listener);
  }

  /** Of another app. */
  poolOf(app: AppName): Pool {
    const pool = appPool(this.database, app);
    this.pools.push(pool);
    return pool;
  }

  /** One that runs, and that the registry knows. */
  async instance(name: string, answer?: Parameters<typeof Instance.start>[1]): Promise<Instance> {
    const started = await Instance.start(name, answer);
    this.stops.push(() => started.kill());
    await addRunningInstance(this.registry, name, started.port, 'localhost');
    return started;
  }

  setState(name: string, state: string): Promise<unknown> {
    return this.registry.query('UPDATE instance_records SET state = $2 WHERE name = $1', [name, state]);
  }

  /** For the next test. */
  async clear(): Promise<void> {
    for (const stop of this.stops.splice(0).reverse()) await stop();
    await this.registry.query(
      'DELETE FROM instance_records; DELETE FROM route_records; DELETE FROM spec_records',
    );
  }

  async close(): Promise<void> {
    await this.listener.stop();
    await Promise.all(this.pools.map((pool) => pool.end()));
    await this.database.drop();
  }
}
