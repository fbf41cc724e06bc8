import { randomBytes } from 'node:crypto';
import { registryReaders } from '#libs/app-roles';
import { instanceReported, type InstanceReport, type NodeAnswer, type NodeRequest } from '#libs/contracts';
import {
  createPool,
  messagingTables,
  migrate,
  type Migration,
  Outbox,
  packagePath,
  type Pool,
  transaction,
} from '#libs/postgres';
import {
  type AtRestKeys,
  encryptAtRest,
  generateDeployerKeys,
  parseAtRestKeys,
  parsePublicKey,
} from '#libs/secrets';
import { createTestDatabase, type TestDatabase, uniqueName } from '#libs/testing';
import { noTracing } from '#libs/telemetry';
import { Placement } from './wire.js';

export const secretKey = randomBytes(32).toString('base64url');
export const login = { privateKey: 'the key of the node' };
export const keys = await generateDeployerKeys();
const nodeKeys = parseAtRestKeys(secretKey);

export const tables = (app: string) => ({ name: app, directory: packagePath(`apps/${app}/migrations`) });

export const createPlacement = (): Placement =>
  new Placement({
    tracing: noTracing,
    outbox: new Outbox(),
    nodeKeys,
    deployerKey: parsePublicKey(keys.publicKey),
  });

export const requestOf = (changes: Partial<NodeRequest> = {}): NodeRequest => ({
  accessToken: uniqueName('token'),
  appId: 'shop',
  service: 'web',
  resources: { cpu: 0.5, memoryMiB: 100 },
  avoidNodes: [],
  expiresAt: new Date(Date.now() + 60_000).toISOString(),
  ...changes,
});

export interface NodeShape {
  readonly state?: string;
  readonly cpus?: number;
  readonly memoryMiB?: number;
  readonly lastPort?: number;
  /** Of its login. */
  readonly keys?: AtRestKeys;
}

/** As the app does at its start: under its own role. */
async function migrateAs(database: TestDatabase, variable: string, migration: Migration): Promise<void> {
  const url = String(database.appUrls[variable]);
  const own = createPool({ url, schema: migration.schema, applicationName: 'test' });
  await migrate(own, migration).finally(() => own.end());
}

/** For tests: placement under the load balancer's own role, beside the registry's tables. */
export class TestPlacement {
  private readonly placement = createPlacement();

  private constructor(
    readonly database: TestDatabase,
    /** Of the administrator, for what the load balancer may not do. */
    readonly pool: Pool,
    /** Of the load balancer. */
    readonly ownPool: Pool,
  ) {}

  static async create(): Promise<TestPlacement> {
    const database = await createTestDatabase({ roles: true });
    await migrateAs(database, 'NODE_MANAGER_DATABASE_URL', {
      ...{ schema: 'registry', sets: [messagingTables, tables('node-manager')], publishes: registryReaders },
    });
    const schema = 'load_balancer';
    const sets = [messagingTables, tables('load-balancer')];
    await migrateAs(database, 'LOAD_BALANCER_DATABASE_URL', { schema, sets });
    const ownUrl = String(database.appUrls['LOAD_BALANCER_DATABASE_URL']);
    const pool = createPool({ url: database.url, schema, applicationName: 'test' });
    return new TestPlacement(database, pool, createPool({ url: ownUrl, schema, applicationName: 'test' }));
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.end(), this.ownPool.end()]);
    await this.database.drop();
  }

  async empty(): Promise<void> {
    await this.pool.query('TRUNCATE reservations, outbox, registry.node_records');
  }

  async enrol(name: string, shape: NodeShape = {}): Promise<void> {
    const { state = 'ready', cpus = 2, memoryMiB = 2_000, lastPort = 20_009 } = shape;
    const encrypted = await encryptAtRest(shape.keys ?? nodeKeys, login);
    await this.pool.query(
      `INSERT INTO registry.node_records (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted,
         state, cpus, memory_bytes, engine_version, first_port, last_port)
       VALUES ($1, $1, 22, 'root', 'SHA256:x', $2, $3, $4, $5, '29', 20000, $6)`,
      [name, encrypted, state, cpus, memoryMiB * 1_048_576, lastPort],
    );
  }

  ask(changes: Partial<NodeRequest> = {}): Promise<NodeAnswer> {
    return transaction(this.ownPool, (tx) => this.placement.answer(tx, requestOf(changes)));
  }

  async nodeOf(changes: Partial<NodeRequest> = {}): Promise<string | undefined> {
    return (await this.ask(changes)).node?.name;
  }

  report(accessToken: string, node: string, state: InstanceReport['state']): Promise<void> {
    const example = instanceReported.schema.parse(instanceReported.example);
    const report = { ...example, accessToken, node, state };
    return transaction(this.ownPool, (tx) => this.placement.follow(tx, report));
  }

  /** Its promise is over. */
  async lapse(accessToken: string): Promise<void> {
    await this.pool.query(
      `UPDATE reservations SET expires_at = now() - interval '1 s' WHERE access_token = $1`,
      [accessToken],
    );
  }
}
