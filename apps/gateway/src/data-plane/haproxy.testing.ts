import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '#libs/testing';
import type { WantedServer } from './domain/wanted.js';

/** An HTTP server as an instance runs one, on this machine. */
export class Instance {
  readonly seen: IncomingMessage[] = [];

  private constructor(
    readonly name: string,
    private readonly server: ReturnType<typeof createServer>,
    readonly port: number,
  ) {}

  /** Answers with its name, unless it is told what to answer. */
  static async start(name: string, answer?: RequestListener, port = 0): Promise<Instance> {
    const listener = answer ?? ((_, response: ServerResponse) => response.end(name));
    const server = createServer((incoming, response) => {
      instance.seen.push(incoming);
      listener(incoming, response);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const instance = new Instance(name, server, (server.address() as AddressInfo).port);
    return instance;
  }

  onUpgrade(listener: (incoming: IncomingMessage, socket: Duplex) => void): void {
    this.server.on('upgrade', listener);
  }

  wanted(more: Partial<WantedServer> = {}): WantedServer {
    return { name: this.name, address: '127.0.0.1', port: this.port, weight: 100, state: 'ready', ...more };
  }

  /** As a process that is killed: every connection is cut. */
  async kill(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface AskOptions {
  readonly port: number;
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** One request on a connection of its own. */
export async function ask({
  port,
  host,
  path = '/',
  method = 'GET',
  headers = {},
  body,
}: AskOptions): Promise<Answer> {
  const asked = request({
    port,
    host: '127.0.0.1',
    path,
    method,
    agent: false,
    headers: { host, ...headers },
  });
  asked.end(body);
  return answerTo(asked);
}

/** The whole answer to a request that was sent. */
export async function answerTo(asked: ClientRequest): Promise<Answer> {
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(parts).toString('utf8'),
  };
}

/** Requests one after another, several at a time, until it is stopped. */
export class Stream {
  readonly answers = new Map<string, number>();
  readonly failures: string[] = [];
  private isOver = false;
  private readonly loops: readonly Promise<void>[];

  /** @param pauseMs between an answer and the next request of the same loop: a machine that does other work meanwhile needs some */
  constructor(
    options: AskOptions,
    atOnce = 4,
    private readonly pauseMs = 0,
  ) {
    this.loops = Array.from({ length: atOnce }, () => this.loop(options));
  }

  get count(): number {
    return [...this.answers.values()].reduce((a, b) => a + b, 0);
  }

  /** Until so many more have been answered: those that were in flight before are among them when it is more than 4. */
  async on(more: number): Promise<void> {
    const enough = this.count + more;
    await until('requests to go on', () => this.count >= enough, { timeoutMs: 30_000 });
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.loops);
  }

  private async loop(options: AskOptions): Promise<void> {
    while (!this.isOver) {
      try {
        const { status, body } = await ask(options);
        if (status === 200) this.answers.set(body, (this.answers.get(body) ?? 0) + 1);
        else this.failures.push(`${status} ${body}`);
      } catch (error) {
        this.failures.push(String(error));
      }
      if (this.pauseMs > 0) await delay(this.pauseMs);
    }
  }
}
