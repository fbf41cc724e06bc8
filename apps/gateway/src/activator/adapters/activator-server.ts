import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createListener, type Server as Listener, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { isProbe, type ProbeSettings } from '../domain/probe.js';
import { type Refusal, refusalFor, stoppedFor } from '../domain/refusal.js';
import type { HoldRequests, WaitedInVain } from '../hold-requests.js';
import { type Passed, passOn, passOnUpgrade, type Target } from './pass-on.js';
import { finalStatus } from '../domain/final-status.js';
import type { Readiness } from '../ports.js';

/** How a request that came here ended. */
type HeldEnd = WaitedInVain | 'passed' | 'probe' | 'failed';

interface ActivatorParts {
  readonly hold: Pick<HoldRequests, 'untilReady'>;
  readonly serviceAt: Readiness['serviceAt'];
  readonly probes: ProbeSettings;
  /** HAProxy's socket for requests that have waited. */
  readonly back: string;
  readonly onEnd: (how: HeldEnd, waitedMs: number) => void;
  /** Whether the instances of a backend are declared to speak HTTP/2. */
  readonly isHttp2: (backend: string) => boolean;
}

/** So often at most is an instance asked that takes connections and breaks them off. */
const AGAIN_MS = 250;

const KEEP_MS = 60_000;
const END_MS = 5_000;
const LOOK_MS = 20;

/** HAProxy keeps requests with larger heads out. */
const MOST_HEAD_BYTES = 65_536;

/** A request of our own that came here again: its instance went as it came. */
const WAITED = 'x-slipway-waited';

/**
 * Where HAProxy sends the requests of a service without an instance. Each backend has an address of its own, since
 * nothing else says surely which service a request is for. Addresses are abstract sockets: HAProxy, which has given up
 * the rights of root, could not reach one in the folder.
 */
export class ActivatorServer {
  private readonly server: Server;
  private readonly listeners = new Map<string, Listener>();
  private readonly sockets = new WeakMap<Duplex, string>();
  private readonly open = new Set<Socket>();
  /** Requests that are not answered yet. */
  private pending = 0;

  constructor(private readonly parts: ActivatorParts) {
    this.server = createServer({ maxHeaderSize: MOST_HEAD_BYTES, requestTimeout: 0 });
    this.server.timeout = 0;
    // HAProxy closes what it needs no more before that. This end must not: with a part of a body unread, HAProxy would meet
    // an error before it has read the answer.
    this.server.keepAliveTimeout = KEEP_MS;
    this.server.on('request', (request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
    this.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.upgrade(request, socket, head).catch(() => socket.destroy());
    });
  }

  /** Listens for these backends, each at its address, and no more for others. */
  async listenFor(addresses: ReadonlyMap<string, string>): Promise<void> {
    for (const [backend, listener] of this.listeners)
      if (!addresses.has(backend)) {
        listener.close();
        this.listeners.delete(backend);
      }
    for (const [backend, address] of addresses)
      if (!this.listeners.has(backend)) this.listeners.set(backend, await this.listen(backend, address));
  }

  /** Takes no more requests; those that have found their instance have some seconds to end. */
  async close(): Promise<void> {
    for (const listener of this.listeners.values()) listener.close();
    const begunMs = performance.now();
    while (this.pending > 0 && performance.now() - begunMs < END_MS) await delay(LOOK_MS);
    for (const socket of this.open) socket.destroy();
  }

  private async listen(backend: string, address: string): Promise<Listener> {
    const listener = createListener((socket) => {
      this.sockets.set(socket, backend);
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
      this.server.emit('connection', socket);
    });
    listener.listen({ path: abstractPath(address) });
    await once(listener, 'listening');
    return listener;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = leftBy(response);
    const how = await this.passWhenReady(request, left, (target) => passOn(target, request, response));
    if (how === 'failed' && response.headersSent) response.destroy();
    else if (how !== 'passed' && how !== 'left') {
      const refusal = this.refusalOf(request, how);
      response.writeHead(finalStatus(503), headersOf(refusal, request)).end(refusal.body);
    }
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // What is wrong with it shows at its end, and an error that nobody listens to would end this process.
    socket.on('error', () => undefined);
    const left = leftBy(socket);
    const how = await this.passWhenReady(request, left, (target) =>
      passOnUpgrade(target, request, socket, head),
    );
    if (how === 'passed' || socket.destroyed) return;
    const refusal = this.refusalOf(request, how);
    const { body } = refusal;
    const headers = { ...headersOf(refusal, request), 'Content-Length': String(body.length) };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${finalStatus(503)} Service Unavailable\r\nConnection: close\r\n${lines.join('')}\r\n${body}`,
    );
  }

  private refusalOf({ headers, socket }: IncomingMessage, how: HeldEnd): Refusal {
    if (how === 'stopped') return stoppedFor(headers.accept);
    return refusalFor(headers.accept, this.parts.isHttp2(this.sockets.get(socket) ?? ''));
  }

  private async passWhenReady(
    request: IncomingMessage,
    left: AbortSignal,
    pass: (target: Target) => Promise<Passed>,
  ): Promise<HeldEnd> {
    const { probes, onEnd } = this.parts;
    const backend = this.sockets.get(request.socket) ?? '';
    const begunMs = performance.now();
    const waited = (): number => performance.now() - begunMs;
    const ended = (how: HeldEnd): HeldEnd => {
      if (request.headers[WAITED] === undefined) onEnd(how, waited());
      return how;
    };
    if (request.headers[WAITED] !== undefined) return ended('late');
    if (isProbe(probes, { agent: request.headers['user-agent'], url: request.url ?? '/' }))
      return ended('probe');
    this.pending += 1;
    try {
      return ended(await this.untilPassed(backend, left, waited, pass));
    } finally {
      this.pending -= 1;
    }
  }

  private async untilPassed(
    backend: string,
    left: AbortSignal,
    waited: () => number,
    pass: (target: Target) => Promise<Passed>,
  ): Promise<HeldEnd> {
    const { hold, serviceAt, back } = this.parts;
    // The backend may be another service's by the time that an instance is there.
    const service = serviceAt(backend);
    if (service === undefined) return 'stopped';
    for (;;) {
      const end = await hold.untilReady(service, left, waited());
      if (typeof end === 'string') return end;
      const to = end.backends.find((one) => one === backend) ?? end.backends[0] ?? backend;
      const passed = await pass({ back, backend: to, waitedMs: Math.round(waited()), left });
      if (passed !== 'again') return left.aborted ? 'left' : passed;
      await delay(AGAIN_MS);
    }
  }
}

const headersOf = ({ contentType, retryAfterS }: Refusal, request: IncomingMessage) => ({
  ...{ 'Retry-After': String(retryAfterS), 'Cache-Control': 'no-store', 'Content-Type': contentType },
  ...again(request),
});
/** Says to ourselves that no instance has seen the request. */
const again = (request: IncomingMessage): Readonly<Record<string, string>> =>
  request.headers[WAITED] === undefined ? {} : { 'X-Slipway-Again': '1' };

/** Aborted once the client has left before it was answered. */
function leftBy(answered: ServerResponse | Duplex): AbortSignal {
  const left = new AbortController();
  answered.once('close', () => {
    if (!answered.writableFinished) left.abort();
  });
  return left.signal;
}

/** HAProxy fills a name up with zeros, and Linux counts them. */
const abstractPath = (name: string): string => `\0${name}`.padEnd(108, '\0');
