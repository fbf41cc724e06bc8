import { type WebSocket, WebSocketServer } from 'ws';
import { loadBalancerRoutes } from '#libs/contracts';
import { ApiError, refuseUpgrade, type UpgradedCall, type WebSocketRoute } from '#libs/http';
import type { Logger } from '#libs/telemetry';
import type { FeedLog } from '../domain/feed-log.js';
import type { ScoreLog } from '../domain/score-log.js';
import type { Carriers, FollowedRegistry, OverrideList, Reports } from '../ports.js';
import { ServeGateway } from '../serve-gateway.js';
import { WebSocketLine } from './websocket-line.js';

/** Of what a gateway says at once; `applied` with the longest list of instances is shorter. */
const MOST_BYTES = 1024 * 1024;
const TICK_MS = 1_000;
const HELLO_MS = 5_000;

interface FeedServerParts {
  readonly log: FeedLog;
  readonly registry: FollowedRegistry;
  readonly carriers: Carriers;
  readonly scores: ScoreLog;
  readonly overrides: OverrideList;
  readonly reportsOf: (carrier: string) => Reports;
  /** Once a second, before gateways hear what is new. */
  readonly onTick?: () => void;
  readonly replica: string;
  readonly leaseMs: number;
  readonly mostGateways: number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

interface Connection {
  readonly line: WebSocketLine;
  readonly gateway: ServeGateway;
  readonly sinceMs: number;
  carrier?: string;
  readonly closed: Promise<void>;
}

/** The WebSockets of the gateways that follow this replica. */
export class FeedServer implements WebSocketRoute {
  readonly route = loadBalancerRoutes.trafficFeed;
  readonly counts = { snapshots: 0, ends: new Map<number, number>() };
  private readonly connections = new Set<Connection>();
  private readonly server = new WebSocketServer({
    ...{ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: MOST_BYTES },
  });
  private readonly timer = setInterval(() => this.tick(), TICK_MS).unref();
  private isEnding = false;

  constructor(private readonly parts: FeedServerParts) {
    this.server.on('wsClientError', (error, socket) => refuseUpgrade(socket, notWebSocket(error.message)));
  }

  get size(): number {
    return this.connections.size;
  }

  accept({ request, socket, head }: UpgradedCall): void {
    if (this.isEnding) throw ending();
    if (this.connections.size >= this.parts.mostGateways) throw busy();
    this.server.handleUpgrade(request, socket, head, (webSocket) => this.serve(webSocket));
  }

  /** The log has grown. */
  feed(): void {
    for (const { gateway } of this.connections) gateway.feed();
  }

  /** An operator has set a weight. */
  tellOverrides(): void {
    for (const { gateway } of this.connections) gateway.tellOverrides();
  }

  /** Sends the gateways to another replica. */
  async stop(): Promise<void> {
    this.isEnding = true;
    clearInterval(this.timer);
    const all = [...this.connections];
    for (const { gateway } of all) gateway.end(1012, 'this replica ends');
    await Promise.all(all.map(({ closed }) => closed));
  }

  private serve(socket: WebSocket): void {
    const { logger } = this.parts;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const line = new WebSocketLine(socket, {
      onText: (text) => gateway.receive(text),
      onRoom: () => gateway.feed(),
      onEnd: (code) => {
        gateway.cut();
        this.connections.delete(connection);
        this.counts.ends.set(code, (this.counts.ends.get(code) ?? 0) + 1);
        if (connection.carrier !== undefined)
          logger.info({ carrier: connection.carrier, code }, 'a gateway does not follow the feed any more');
        resolve();
      },
    });
    const gateway: ServeGateway = new ServeGateway({
      ...{ ...this.parts, line },
      onHello: (carrier) => this.welcome(connection, carrier),
      onSnapshot: () => void (this.counts.snapshots += 1),
      onError: (err) =>
        logger.warn({ err, carrier: connection.carrier }, 'the lease of a gateway is not written'),
    });
    const connection: Connection = { line, gateway, closed, sinceMs: performance.now() };
    this.connections.add(connection);
  }

  private welcome(connection: Connection, carrier: string): void {
    for (const { gateway, carrier: other } of this.connections)
      if (other === carrier) gateway.end(4410, 'the same gateway has connected again');
    connection.carrier = carrier;
    this.parts.logger.info({ carrier }, 'a gateway follows the feed');
  }

  private tick(): void {
    const nowMs = performance.now();
    this.parts.onTick?.();
    for (const { line, gateway, sinceMs } of this.connections) {
      if (gateway.isGreeting && nowMs - sinceMs > HELLO_MS) gateway.end(4408, 'expected hello');
      line.check(nowMs);
      gateway.catchUp();
    }
  }
}

const busy = (): ApiError =>
  new ApiError({
    status: 503,
    code: 'FEED_BUSY',
    message: 'As many gateways follow this replica as may.',
    hint: 'Follow another replica, or raise LOAD_BALANCER_FEED_GATEWAYS.',
  });

const ending = (): ApiError =>
  new ApiError({
    ...{ status: 503, code: 'UNAVAILABLE', message: 'The app is ending.' },
    hint: 'Follow another replica.',
  });

const notWebSocket = (message: string): ApiError =>
  new ApiError({
    ...{ status: 400, code: 'REQUEST_INVALID', message: `${message}.` },
    hint: 'Connect by a WebSocket client of version 13.',
  });
