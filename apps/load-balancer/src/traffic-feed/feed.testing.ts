import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocket } from 'ws';
import { databaseVariable } from '#libs/app-roles';
import { Secret } from '#libs/config';
import {
  type FeedEntry,
  type FromGateway,
  type FromLoadBalancer,
  loadBalancerRoutes,
  parseFromLoadBalancer,
} from '#libs/contracts';
import { serveWebSockets } from '#libs/http';
import { Listener, type Pool } from '#libs/postgres';
import { TrafficWatch } from '#libs/registry-client';
import { createLogger, createMetrics, type Metrics } from '#libs/telemetry';
import { appPool, createTestDatabase, migrateApp, type TestDatabase, until } from '#libs/testing';
import { FeedServer } from './adapters/feed-server.js';
import { FeedLog } from './domain/feed-log.js';
import { PIECE_SIZE } from './domain/feeding.js';
import { ScoreLog } from './domain/score-log.js';
import type { OverrideList, ScoreSource } from './ports.js';
import { createTrafficFigures, type TrafficFiguresFeature } from '../traffic-figures/wire.js';
import { createTrafficFeed, type TrafficFeed } from './wire.js';

export const NO_OVERRIDES: OverrideList = { version: 0, current: () => [] };
const NO_REPORTS = { figures: () => undefined, wake: () => undefined, end: () => Promise.resolve() };

export const READ_TOKEN = 'the-token-that-reads';
const TOKENS = { admin: new Secret('the-token-that-changes'), read: new Secret(READ_TOKEN) };

/** For tests: a registry, those who read it, and replicas of a load balancer that serve the feed of it. */
export class FeedWorld {
  private readonly replicas: FeedReplica[] = [];
  /** Of every replica. */
  readonly scores: ScoreSource = { all: () => this.scored };
  scored: ReturnType<ScoreSource['all']> = new Map();

  private constructor(
    readonly database: TestDatabase,
    /** The node manager's. */
    readonly registry: Pool,
    /** The load balancer's. */
    readonly pool: Pool,
    /** The deployer's. */
    readonly deployer: Pool,
    readonly listener: Listener,
    /** Waits for gateways, as the deployer does. */
    readonly watch: TrafficWatch,
  ) {}

  static async start(): Promise<FeedWorld> {
    const database = await createTestDatabase({ roles: true });
    const [registry, pool, deployer] = (['node-manager', 'load-balancer', 'deployer'] as const).map((app) =>
      appPool(database, app),
    ) as [Pool, Pool, Pool];
    await migrateApp('node-manager', registry);
    await migrateApp('load-balancer', pool);
    const listener = new Listener({ url: String(database.appUrls[databaseVariable('load-balancer')]) });
    await listener.start();
    const watch = new TrafficWatch({ pool: deployer, listener });
    await watch.start();
    return new FeedWorld(database, registry, pool, deployer, listener, watch);
  }

  async replica(replica = 'lb-1', mostGateways = 20): Promise<FeedReplica> {
    const started = await FeedReplica.start(this, replica, mostGateways);
    this.replicas.push(started);
    return started;
  }

  /** Instances `<prefix>1` to `<prefix>N`, all at once. More than 100 are there without a revision: for snapshots. */
  async run(prefix: string, count = 1): Promise<void> {
    // A transaction of many rows would give each a revision, at a cost that grows with the square of their number.
    if (count > 100) return this.runUnnoted(prefix, count);
    await this.insert(prefix, count);
  }

  private async runUnnoted(prefix: string, count: number): Promise<void> {
    await this.registry.query('ALTER TABLE instance_records DISABLE TRIGGER USER');
    await this.insert(prefix, count);
    await this.registry.query('ALTER TABLE instance_records ENABLE TRIGGER USER');
  }

  private async insert(prefix: string, count: number): Promise<void> {
    await this.registry.query(
      `INSERT INTO registry.instance_records (name, state, app_id, app_name, service, release, image, node, ip, port,
         url, container, access_token, cpu, memory_mib, started_at, reported_at)
       SELECT $1 || n, 'running', 'shop', 'The shop', 'web', 'r1', 'image', 'node-1', '10.0.0.1', 20000 + n % 40000,
         'http://x', 'c1', 't1', 0.25, 128, now(), now() FROM generate_series(1, $2) AS n`,
      [prefix, count],
    );
  }

  async setState(name: string, state: string): Promise<void> {
    await this.registry.query('UPDATE instance_records SET state = $2 WHERE name = $1', [name, state]);
  }

  /** A revision that changes nothing for gateways. */
  async touchNode(name: string): Promise<void> {
    await this.registry.query(
      `INSERT INTO registry.node_records (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted,
         state, cpus, memory_bytes, engine_version, first_port, last_port)
       VALUES ($1, $1, 22, 'root', 'SHA256:x', 'sealed', 'ready', 2, 8000000000, '29', 20000, 20009)`,
      [name],
    );
  }

  async latest(): Promise<number> {
    const { rows } = await this.deployer.query<{ latest: number }>(
      'SELECT latest::float8 AS latest FROM registry.revision',
    );
    return rows[0]?.latest ?? 0;
  }

  async carriers(): Promise<
    readonly { readonly id: string; readonly applied: number; readonly busy: string[] }[]
  > {
    const { rows } = await this.deployer.query<{ id: string; applied: number; busy: string[] }>(
      `SELECT id, applied::float8 AS applied, busy FROM load_balancer.carriers WHERE lease_until > clock_timestamp()
       ORDER BY id`,
    );
    return rows;
  }

  /** As nobody had ever said anything. */
  async clear(): Promise<void> {
    await Promise.all(this.replicas.splice(0).map((replica) => replica.kill()));
    await this.registry.query('TRUNCATE instance_records');
    await this.pool.query('DELETE FROM carrier_records');
  }

  async close(): Promise<void> {
    await this.clear();
    await this.listener.stop();
    await Promise.all([this.registry, this.pool, this.deployer].map((one) => one.end()));
    await this.database.drop();
  }
}

/** The feed of one replica, on an HTTP server of its own. */
export class FeedReplica {
  private readonly sockets = new Set<Socket>();
  private isGone = false;

  private constructor(
    readonly port: number,
    readonly metrics: Metrics,
    private readonly feed: TrafficFeed,
    /** What gateways say. */
    readonly traffic: TrafficFiguresFeature,
    private readonly server: Server,
  ) {
    server.on('connection', (socket) => this.sockets.add(socket));
  }

  static async start(
    { pool, listener, scores }: FeedWorld,
    replica: string,
    mostGateways: number,
  ): Promise<FeedReplica> {
    const logger = createLogger({ app: 'load-balancer', replica, level: 'error' });
    const metrics = createMetrics('load-balancer');
    const runtime = { pool, listener, logger, metrics, clock: { now: () => new Date() } };
    const traffic = createTrafficFigures({ runtime });
    const { reportsOf } = traffic;
    const feed = createTrafficFeed({
      runtime,
      replica,
      mostGateways,
      overrides: NO_OVERRIDES,
      reportsOf,
      scores,
    });
    const server = createServer((_, response) => response.writeHead(426).end());
    serveWebSockets(server, { tokens: TOKENS, routes: [feed.webSocket], logger });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    await traffic.start();
    await feed.start();
    const { port } = server.address() as AddressInfo;
    const started = new FeedReplica(port, metrics, feed, traffic, server);
    const known = metrics.registry.getSingleMetric('slipway_load_balancer_feed_revision');
    await until('its first look at the registry', async () => (await known?.get())?.values.length === 1);
    return started;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Sum over all labels. */
  async metric(name: string): Promise<number> {
    const found = await this.metrics.registry.getSingleMetric(`slipway_${name}`)?.get();
    return found?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
  }

  /** In order. */
  async stop(): Promise<void> {
    if (this.isGone) return;
    this.isGone = true;
    await this.feed.stop();
    await this.traffic.stop();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** As a machine that is gone: every connection is cut. */
  async kill(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await this.stop();
  }
}

/** A feed without a registry and a database: the log is what a test says. */
export class BareFeed {
  readonly log = new FeedLog(PIECE_SIZE);
  readonly server: FeedServer;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly http: Server,
    mostGateways: number,
  ) {
    http.on('connection', (socket) => this.sockets.add(socket));
    const yes = () => Promise.resolve(true);
    const done = () => Promise.resolve();
    this.server = new FeedServer({
      log: this.log,
      registry: { caughtUp: done },
      carriers: { register: done, renew: yes, applied: yes, release: done },
      ...{ scores: new ScoreLog(), overrides: NO_OVERRIDES, reportsOf: () => NO_REPORTS },
      ...{ replica: 'lb-1', leaseMs: 5_000, mostGateways },
      logger: createLogger({ app: 'load-balancer', replica: 'lb-1', level: 'error' }),
    });
  }

  /** With a key and a certificate it speaks TLS. */
  static async start(
    count = 0,
    mostGateways = 100,
    tls?: { readonly key: string; readonly cert: string },
  ): Promise<BareFeed> {
    const http = tls === undefined ? createServer() : createSecureServer(tls);
    const feed = new BareFeed(http, mostGateways);
    feed.log.replace(1, instances('a', count));
    const logger = createLogger({ app: 'load-balancer', replica: 'lb-1', level: 'error' });
    serveWebSockets(http, { tokens: TOKENS, routes: [feed.server], logger });
    await once(http.listen(0, '127.0.0.1'), 'listening');
    return feed;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.http instanceof SecureServer ? 'wss' : 'ws'}://localhost:${this.port}`;
  }

  /** What waits in this process for clients that do not take it, in bytes. */
  get buffered(): number {
    return [...this.sockets].reduce((sum, { writableLength }) => sum + writableLength, 0);
  }

  /** Each is a revision of its own. */
  change(entries: readonly FeedEntry[]): void {
    const before = Number(this.log.revision);
    const changes = entries.map((entry, n) => ({ revision: before + n + 1, entry }));
    this.log.append(before + entries.length, changes);
    this.server.feed();
  }

  ends(code: number): number {
    return this.server.counts.ends.get(code) ?? 0;
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await new Promise((resolve) => this.http.close(resolve));
  }
}

/** Running ones, `<prefix>1` to `<prefix>N`. */
export const instances = (prefix: string, count: number): readonly FeedEntry[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ kind: 'instance', name: `${prefix}${n + 1}` },
    instance: {
      ...{ appId: 'shop', service: 'web', state: 'running' as const, address: '10.0.0.1' },
      port: 20_000 + (n % 40_000),
    },
  }));

/** A gateway as bare as it can be: it says what it is told to say, and keeps what it hears. */
export class FeedClient {
  readonly messages: FromLoadBalancer[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => {
      const parsed = parseFromLoadBalancer((data as Buffer).toString());
      if (parsed.kind !== 'message') throw new Error(`not of the protocol: ${JSON.stringify(parsed)}`);
      this.messages.push(parsed.message);
    });
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined);
  }

  static async open(url: string): Promise<FeedClient> {
    const headers = { authorization: `Bearer ${READ_TOKEN}` };
    const socket = new WebSocket(`${url}${loadBalancerRoutes.trafficFeed.path}`, { headers });
    const client = new FeedClient(socket);
    await once(socket, 'open');
    return client;
  }

  /** With what it knows already. */
  static async greeted(url: string, process: string, resume?: number): Promise<FeedClient> {
    const client = await FeedClient.open(url);
    client.say({ type: 'hello', protocol: 1, gateway: 'edge', process: `process-${process}`, resume });
    await until('the first news', () => client.revision);
    return client;
  }

  say(message: FromGateway | string | Buffer): void {
    const isRaw = typeof message === 'string' || Buffer.isBuffer(message);
    this.socket.send(isRaw ? message : JSON.stringify(message));
  }

  /** What it knows; undefined until a snapshot is whole. */
  get revision(): number | undefined {
    const last = this.messages.findLast(({ type }) => type === 'changes' || type === 'snapshot');
    if (last?.type === 'changes') return last.revision;
    return last?.type === 'snapshot' && last.piece === last.pieces ? last.revision : undefined;
  }

  /** What it heard, by names. */
  get entries(): ReadonlyMap<string, FeedEntry> {
    const known = new Map<string, FeedEntry>();
    for (const message of this.messages) {
      if (message.type === 'snapshot' && message.piece === 1) known.clear();
      if ('entries' in message) for (const entry of message.entries) known.set(entry.name, entry);
    }
    return known;
  }

  async untilClosed(): Promise<number> {
    return (await until('the connection to end', () => this.closed, { timeoutMs: 30_000 })).code;
  }

  close(): void {
    this.socket.terminate();
  }
}
