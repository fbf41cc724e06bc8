import { Redis } from 'ioredis';
import type { RedisConfig } from './redis-config.js';

interface LogSink {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface RedisParts {
  readonly url: string;
  /** What the name of every key begins with. */
  readonly prefix: string;
  readonly logger: LogSink;
  /** The longest that an answer may take, and that a connection may. */
  readonly timeoutMs?: number;
}

/** The name of a command, then its arguments; names of keys are without the prefix. */
export type RedisCommand = readonly [name: string, ...args: (string | number)[]];

const TIMEOUT_MS = 1_000;
/** Between two tries to connect, from the first on. */
const RETRY_MS = { first: 100, longest: 2_000 } as const;

/**
 * Redis, as something that may be away at any time: it holds only what can be rebuilt. Commands end within the timeout,
 * none is kept for later, and none throws. An outage is logged once, and so is its end.
 */
export class RedisClient {
  private readonly redis: Redis;
  private isAway = false;
  private isClosed = false;
  private opening: Promise<void> | undefined;

  constructor(private readonly parts: RedisParts) {
    const { url, prefix, timeoutMs = TIMEOUT_MS } = parts;
    this.redis = new Redis(url, {
      ...{ keyPrefix: prefix, lazyConnect: true },
      ...{ commandTimeout: timeoutMs, connectTimeout: timeoutMs },
      // What was not answered is of no use later: the next second brings newer figures.
      ...{ enableOfflineQueue: false, autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 },
      retryStrategy: (tries) => Math.min(RETRY_MS.first * 2 ** (tries - 1), RETRY_MS.longest),
    });
    this.redis.on('error', (error: unknown) => this.lost(error));
  }

  /** The client of a configuration; undefined where it names no Redis. */
  static of(
    { REDIS_URL, REDIS_PREFIX, KAFKA_PREFIX }: RedisConfig,
    logger: LogSink,
  ): RedisClient | undefined {
    if (REDIS_URL === undefined) return undefined;
    return new RedisClient({
      url: REDIS_URL.reveal(),
      prefix: REDIS_PREFIX ?? `slipway:${KAFKA_PREFIX}`,
      logger,
    });
  }

  /** Whether the last that was asked of it was answered. */
  get isHere(): boolean {
    return this.redis.status === 'ready' && !this.isAway;
  }

  /**
   * Sends commands in one write, and connects where it never did.
   * @returns their answers, in their order; undefined where one of them has none
   */
  async send(commands: readonly RedisCommand[]): Promise<readonly unknown[] | undefined> {
    if (this.isClosed) return undefined;
    try {
      await this.open();
      const answers = await this.redis
        .pipeline(commands.map(([name, ...args]) => [name.toLowerCase(), ...args]))
        .exec();
      const values = (answers ?? []).map(([error, value]) => {
        if (error !== null) throw error;
        return value;
      });
      this.found();
      return values;
    } catch (error) {
      this.lost(error);
      return undefined;
    }
  }

  /** What is under way is given up. */
  close(): void {
    this.isClosed = true;
    this.redis.disconnect();
  }

  /** Once. A connection that fails is tried again by itself; 'error' says why. */
  private open(): Promise<void> {
    this.opening ??= this.redis.connect().catch(() => undefined);
    return this.opening;
  }

  private lost(error: unknown): void {
    if (this.isAway || this.isClosed) return;
    this.isAway = true;
    this.parts.logger.warn({ err: error }, 'Redis cannot be used; what it held is rebuilt when it can');
    this.askAnew();
  }

  private found(): void {
    if (!this.isAway) return;
    this.isAway = false;
    this.parts.logger.info({}, 'Redis can be used again');
  }

  /** A server that hangs keeps its connection; another one may lead to a server that answers. */
  private askAnew(): void {
    if (this.redis.status === 'ready') this.redis.disconnect(true);
  }
}
