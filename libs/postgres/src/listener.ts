import pg from 'pg';
import { connectionTo, type DatabaseAddress } from './tls.js';

export interface ListenerOptions extends DatabaseAddress {
  /** Told of a lost connection (the listener reconnects by itself) and of what a subscriber throws. */
  readonly onError?: (error: Error) => void;
}

type OnNotify = (payload?: string) => void;

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** A server that is cut off refuses nothing and answers nothing. */
const CONNECT_MS = 10_000;

/** One LISTEN connection for a process. Whoever subscribes is also called after a reconnect: something may have been missed. */
export class Listener {
  private readonly subscribers = new Map<string, Set<OnNotify>>();
  private client: pg.Client | undefined;
  private retry: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly options: ListenerOptions) {}

  /** Resolves when the connection listens; throws when the first attempt fails. */
  async start(): Promise<void> {
    this.stopped = false;
    await this.connect();
  }

  /**
   * Calls `onNotify` at every NOTIFY on `channel`, with its payload; without one after a reconnect.
   * @returns what ends that
   */
  async subscribe(channel: string, onNotify: OnNotify): Promise<() => void> {
    const known = this.subscribers.get(channel);
    const subscribers = known ?? new Set();
    subscribers.add(onNotify);
    if (known === undefined) {
      this.subscribers.set(channel, subscribers);
      await this.client?.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    }
    return () => void subscribers.delete(onNotify);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retry);
    const { client } = this;
    this.client = undefined;
    await client?.end();
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      ...connectionTo(this.options),
      application_name: 'slipway-listener',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
    });
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the LISTEN connection was closed')));
    client.on('notification', ({ channel, payload }) => this.call(this.subscribers.get(channel), payload));
    try {
      await client.connect();
      for (const channel of this.subscribers.keys()) {
        await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      }
    } catch (error) {
      client.end().catch(() => undefined);
      throw error;
    }
    // Stopped while it connected: nobody would ever end this connection.
    if (this.stopped) await client.end();
    else this.client = client;
  }

  /** One subscriber's fault must not keep the others from hearing. */
  private call(subscribers: Iterable<OnNotify> = [], payload?: string): void {
    for (const subscriber of subscribers) {
      try {
        subscriber(payload);
      } catch (error) {
        this.options.onError?.(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  private lost(client: pg.Client, error: Error): void {
    if (this.stopped || this.client !== client) return;
    this.client = undefined;
    client.end().catch(() => undefined);
    this.options.onError?.(error);
    this.reconnect(FIRST_RETRY_MS);
  }

  private reconnect(waitMs: number): void {
    this.retry = setTimeout(() => {
      this.connect().then(
        () => {
          if (!this.stopped) this.subscribers.forEach((calls) => this.call(calls));
        },
        (error: Error) => {
          this.options.onError?.(error);
          if (!this.stopped) this.reconnect(Math.min(waitMs * 2, LONGEST_RETRY_MS));
        },
      );
    }, waitMs);
  }
}
