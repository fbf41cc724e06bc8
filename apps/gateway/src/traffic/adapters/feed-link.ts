import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type RawData, WebSocket } from 'ws';
import { type FeedCloseCode, type FromGateway, loadBalancerRoutes } from '#libs/contracts';
import type { Secret } from '#libs/config';
import { pauseMs } from '../domain/reconnecting.js';

/** The load balancer's pieces stay far below. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Figures that would come late are not said: newer ones are. */
const MOST_BUFFERED_BYTES = 256 * 1024;
const HANDSHAKE_MS = 10_000;
/** The load balancer pings every 4 s. */
const SILENT_MS = 12_000;
const LOOK_MS = 1_000;
/** Until the load balancer has closed, too. */
const CLOSING_MS = 2_000;
/** The load balancer has ended the lease: the sooner there is another, the better. */
const LEASE_LAPSED: FeedCloseCode = 4409;

export interface FeedAddress {
  /** Base addresses of load balancers, `ws://` or `wss://`; tried in turn. */
  readonly urls: readonly string[];
  readonly token: Secret;
  readonly caFile?: string;
}

export interface FeedLinkHandlers {
  /** Connected: what is said first. */
  hello(): FromGateway;
  /** A text frame. What it returns is a reason to connect anew. */
  receive(text: string): string | undefined;
  onConnected(url: string): void;
  /** Why the connection was lost, or could not be made. */
  onLost(url: string, why: string): void;
}

interface Ended {
  /** As the load balancer closed it; 1006 where it did not. */
  readonly code: number;
  readonly why: string;
}

/** A connection to one of the load balancers, made again whenever it is lost. */
export class FeedLink {
  private socket: WebSocket | undefined;
  private readonly ending = new AbortController();
  private following: Promise<void> = Promise.resolve();
  private heardMs = -Infinity;
  private isWorking = false;

  constructor(
    private readonly address: FeedAddress,
    private readonly handlers: FeedLinkHandlers,
  ) {}

  start(): void {
    this.following = this.follow();
  }

  /** Undefined where nothing was ever heard. */
  get silentMs(): number | undefined {
    return Number.isFinite(this.heardMs) ? performance.now() - this.heardMs : undefined;
  }

  /** False while much of what was said before has not left. */
  get hasRoom(): boolean {
    return (this.socket?.bufferedAmount ?? 0) < MOST_BUFFERED_BYTES;
  }

  /** Does nothing while there is no connection. */
  send(message: FromGateway): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** What was received makes sense: the next pause is short again. */
  works(): void {
    this.isWorking = true;
  }

  /** From a new connection on. */
  restart(): void {
    this.socket?.terminate();
  }

  /** For good. With a last word, the load balancer is waited for until it has closed. */
  async stop(last?: FromGateway): Promise<void> {
    this.ending.abort();
    const { socket } = this;
    if (last !== undefined && socket?.readyState === WebSocket.OPEN) {
      this.send(last);
      const timer = setTimeout(() => socket.terminate(), CLOSING_MS);
      await this.following;
      clearTimeout(timer);
    }
    socket?.terminate();
    await this.following;
  }

  private async follow(): Promise<void> {
    const { urls } = this.address;
    for (let tried = 0, failures = 0; !this.ending.signal.aborted; tried += 1) {
      const url = String(urls[tried % urls.length]);
      this.isWorking = false;
      const { code, why } = await this.connect(url);
      if (this.ending.signal.aborted) return;
      this.handlers.onLost(url, why);
      if (this.isWorking) failures = 0;
      if (this.isWorking && code === LEASE_LAPSED) continue;
      await delay(pauseMs(failures, Math.random()), undefined, { signal: this.ending.signal }).catch(
        () => undefined,
      );
      failures += 1;
    }
  }

  /** Resolves when the connection has ended, or could not be made. */
  private connect(url: string): Promise<Ended> {
    const { promise, resolve } = Promise.withResolvers<Ended>();
    const { handlers } = this;
    let socket: WebSocket;
    try {
      socket = this.open(url);
    } catch (error) {
      return Promise.resolve({ code: 0, why: (error as Error).message });
    }
    this.socket = socket;
    let why = '';
    let looking: NodeJS.Timeout | undefined;
    const cut = (reason: string): void => {
      why ||= reason;
      socket.terminate();
    };
    const heard = (): void => void (this.heardMs = performance.now());
    socket.once('open', () => {
      heard();
      looking = setInterval(() => {
        if (performance.now() - this.heardMs > SILENT_MS) cut('the load balancer is silent');
      }, LOOK_MS);
      handlers.onConnected(url);
      socket.send(JSON.stringify(handlers.hello()));
    });
    socket.on('ping', heard).on('pong', heard);
    socket.on('message', (data: RawData) => {
      heard();
      const problem = handlers.receive((data as Buffer).toString());
      if (problem !== undefined) cut(problem);
    });
    socket.once('unexpected-response', (_request, response) => cut(refusalOf(response)));
    socket.on('error', (error) => (why ||= error.message));
    socket.once('close', (code, reason) => {
      clearInterval(looking);
      resolve({ code, why: why || `closed with ${code} ${reason.toString()}`.trimEnd() });
    });
    return promise;
  }

  private open(url: string): WebSocket {
    const { token, caFile } = this.address;
    return new WebSocket(`${url.replace(/\/+$/, '')}${loadBalancerRoutes.trafficFeed.path}`, {
      headers: { authorization: `Bearer ${token.reveal()}` },
      ...{ handshakeTimeout: HANDSHAKE_MS, maxPayload: MOST_BYTES, perMessageDeflate: false },
      ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    });
  }
}

/** The body is not waited for: the status says enough. */
function refusalOf({ statusCode }: IncomingMessage): string {
  if (statusCode === 401 || statusCode === 403) return `${statusCode}: GATEWAY_FEED_TOKEN is not taken`;
  return `answered with ${statusCode} instead of a WebSocket`;
}
