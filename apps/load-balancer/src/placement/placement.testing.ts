import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { appSchemas } from '#libs/app-roles';
import {
  instanceReported,
  type InstanceReport,
  type NodeAnswer,
  type NodeRelease,
  type NodeRequest,
  nodeState,
  type NodeState,
} from '#libs/contracts';
import { Outbox, type Pool, transaction } from '#libs/postgres';
import {
  type AtRestKeys,
  encryptAtRest,
  generateDeployerKeys,
  parseAtRestKeys,
  parsePublicKey,
} from '#libs/secrets';
import { appPool, createTestDatabase, migrateApp, type TestDatabase, uniqueName, until } from '#libs/testing';
import { noTracing } from '#libs/telemetry';
import type { Fleets } from '../plans/ports.js';
import { keepExplanations } from '../explanations/adapters/postgres-explanations.js';
import { Placement } from './wire.js';

export const secretKey = randomBytes(32).toString('base64url');
export const login = { privateKey: 'the key of the node' };
export const keys = await generateDeployerKeys();
const nodeKeys = parseAtRestKeys(secretKey);

interface PlacementOptions {
  readonly overcommit?: number;
  readonly mostWaiting?: number;
  readonly holdAfterMs?: number;
  readonly onEvicted?: ConstructorParameters<typeof Placement>[0]['onEvicted'];
}

export const createPlacement = (options: PlacementOptions = {}): Placement =>
  new Placement({
    tracing: noTracing,
    outbox: new Outbox(),
    ...{ policy: 'spread', now: () => new Date(), mostWaiting: 1_000, holdAfterMs: 10_000, ...options },
    keepExplanations,
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

interface Messages {
  readonly requests?: readonly NodeRequest[];
  /** Access tokens. */
  readonly released?: readonly string[];
}

/** One transaction for all, as messages that come together have; one by one where that must not wait. */
export async function handleTogether(
  pool: Pool,
  placement: Placement,
  { requests = [], released = [] }: Messages,
): Promise<void> {
  const inOne = (some: Messages): Promise<void> =>
    transaction(pool, (tx) => {
      for (const request of some.requests ?? []) placement.note(tx, request);
      for (const accessToken of some.released ?? [])
        placement.noteRelease(tx, { accessToken, appId: 'shop' });
      return placement.settle(tx);
    });
  try {
    await inOne({ requests, released });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== 'NOT_TOGETHER' && code !== '55P03') throw error;
    for (const request of requests) await inOne({ requests: [request] });
    for (const accessToken of released) await inOne({ released: [accessToken] });
  }
}

/** One placing waits for a lock. */
export const untilPlacingWaits = (query: (sql: string) => Promise<{ readonly rowCount: number | null }>) =>
  until('the placing to wait', async () => {
    const { rowCount } = await query(
      `SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
       WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted`,
    );
    return rowCount === 1;
  });

/** SQL: nodes over their capacity, or with a port that is reserved twice. */
export const OVER = `
  SELECT name FROM registry.nodes JOIN LATERAL (
    SELECT sum(cpu) AS cpu, sum(memory_mib) AS memory, count(port) AS ports, count(DISTINCT port) AS distinct_ports
    FROM reservations WHERE node = name AND state IN ('promised', 'bound')) AS held ON true
  WHERE held.cpu > allocatable_cpus + 1e-6 OR held.memory * 1048576 > allocatable_memory_bytes
     OR held.ports <> held.distinct_ports`;

/** SQLSTATE deadlock_detected. */
const DEADLOCK = '40P01';

interface NodeShape {
  readonly state?: string;
  readonly cpus?: number;
  readonly memoryMiB?: number;
  readonly lastPort?: number;
  /** Of its login. */
  readonly keys?: AtRestKeys;
}

/** Placement under the load balancer's own role, beside the registry's tables. */
class TestPlacement {
  private placement = createPlacement();

  private constructor(
    readonly database: TestDatabase,
    /** Of the load balancer. */
    readonly ownPool: Pool,
  ) {}

  static async create(): Promise<TestPlacement> {
    const database = await createTestDatabase({ roles: true, schema: appSchemas['load-balancer'] });
    const owner = appPool(database, 'node-manager');
    await migrateApp('node-manager', owner).finally(() => owner.end());
    const ownPool = appPool(database, 'load-balancer');
    await migrateApp('load-balancer', ownPool);
    return new TestPlacement(database, ownPool);
  }

  async close(): Promise<void> {
    await this.ownPool.end();
    await this.database.drop();
  }

  async empty(): Promise<void> {
    // Emptied tables are no change that is told.
    this.restart();
    const tables = [
      ...['reservations', 'node_changes', 'ports_in_turn', 'placements', 'waiting_requests', 'outbox'],
      ...['evictions', 'registry.instance_records'],
      ...['rebalancing_moves', 'rebalancing_advice', 'registry.node_records'],
    ];
    while (!(await this.truncated(tables)));
  }

  /** @returns false where a load balancer that the test has started read them in another order at this moment */
  private async truncated(tables: readonly string[]): Promise<boolean> {
    try {
      await this.database.pool.query(`TRUNCATE ${tables.join(', ')}`);
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === DEADLOCK) return false;
      throw error;
    }
  }

  /** A replica that was just started knows no node. */
  restart(options?: { readonly overcommit?: number }): void {
    this.placement = createPlacement(options);
  }

  /** What plans of this replica are made of. */
  readonly fleets: Fleets = {
    snapshot: (about) => transaction(this.ownPool, (tx) => this.placement.snapshot(tx, about)),
    pause: () => Promise.resolve(),
    mayPreempt: false,
    evictable: () => Promise.resolve([]),
  };

  /** As its agent says now, but for what is given. */
  measured(node: string, changes: Partial<NodeState>): void {
    const observedAt = new Date().toISOString();
    this.placement.figures.take({ key: node, data: { ...nodeState.example, node, observedAt, ...changes } });
  }

  async enrol(name: string, shape: NodeShape = {}): Promise<void> {
    const { state = 'ready', cpus = 2, memoryMiB = 2_000, lastPort = 20_009 } = shape;
    const encrypted = await encryptAtRest(shape.keys ?? nodeKeys, login);
    await this.database.pool.query(
      `INSERT INTO registry.node_records (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted,
         state, cpus, memory_bytes, engine_version, first_port, last_port)
       VALUES ($1, $1, 22, 'root', 'SHA256:x', $2, $3, $4, $5, '29', 20000, $6)`,
      [name, encrypted, state, cpus, memoryMiB * 1_048_576, lastPort],
    );
  }

  async ask(changes: Partial<NodeRequest> = {}): Promise<NodeAnswer> {
    const answer = await transaction(this.ownPool, (tx) => this.placement.answer(tx, requestOf(changes)));
    if (answer === undefined) throw new Error('the request waits');
    return answer;
  }

  report(accessToken: string, node: string, state: InstanceReport['state']): Promise<void> {
    const example = instanceReported.schema.parse(instanceReported.example);
    const report = { ...example, accessToken, node, state };
    return transaction(this.ownPool, (tx) => this.placement.follow(tx, report));
  }

  release(accessToken: string, why: Pick<NodeRelease, 'portTaken' | 'failed'> = {}): Promise<void> {
    return transaction(this.ownPool, (tx) => {
      this.placement.noteRelease(tx, { accessToken, appId: 'shop', ...why });
      return this.placement.settle(tx);
    });
  }

  /** Its promise is over. */
  async lapse(accessToken: string): Promise<void> {
    await this.database.pool.query(
      `UPDATE reservations SET expires_at = now() - interval '1 s' WHERE access_token = $1`,
      [accessToken],
    );
  }
}

/** A placement for the tests of one file, empty before each of them, and short names for what they ask of it. */
export function placementOfFile() {
  let test: TestPlacement;
  beforeAll(async () => {
    test = await TestPlacement.create();
  });
  beforeEach(() => test.empty());
  afterAll(() => test.close());
  const short: Pick<
    TestPlacement,
    'ask' | 'enrol' | 'report' | 'release' | 'lapse' | 'restart' | 'measured'
  > = {
    ask: (changes) => test.ask(changes),
    enrol: (name, shape) => test.enrol(name, shape),
    report: (accessToken, node, state) => test.report(accessToken, node, state),
    release: (accessToken, why) => test.release(accessToken, why),
    lapse: (accessToken) => test.lapse(accessToken),
    restart: (options) => test.restart(options),
    measured: (node, changes) => test.measured(node, changes),
  };
  return {
    ...short,
    nodeOf: async (changes?: Partial<NodeRequest>) => (await test.ask(changes)).node?.name,
    /** As the administrator, for what the load balancer may not do. */
    query: (sql: string) => test.database.pool.query(sql),
    ownPool: () => test.ownPool,
    fleets: () => test.fleets,
    appUrls: () => test.database.appUrls,
  };
}
