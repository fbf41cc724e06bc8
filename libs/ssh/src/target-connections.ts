import { setTimeout as delay } from 'node:timers/promises';
import type { Channel } from 'ssh2';
import { connect } from './connect.js';
import { SshError } from './errors.js';
import type { ConnectOptions } from './log-in.js';
import { KeptConnection, type ChannelKind, type OpenChannel } from './kept-connection.js';
import type { PoolOptions } from './pool-options.js';
import { targetAddress, type SshTarget } from './target.js';

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MOST_MS = 5_000;

interface OpenedChannel {
  readonly channel: Channel;
  readonly isCut: () => boolean;
}

interface Waiter {
  readonly kind: ChannelKind;
  readonly resolve: (connection: KeptConnection) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The connections to one machine. A channel goes on the first connection with a free slot; when all are full
 * another connection is opened, and when that is not allowed the request waits its turn.
 */
export class TargetConnections {
  private readonly connections = new Set<KeptConnection>();
  private readonly waiters: Waiter[] = [];
  private readonly limit: Record<ChannelKind, number>;
  private connecting = false;
  private closed = false;
  private failures = 0;

  constructor(
    private readonly target: SshTarget,
    private readonly options: PoolOptions,
  ) {
    this.limit = { session: options.sessionsPerConnection, socket: options.socketsPerConnection };
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  async open(kind: ChannelKind, open: OpenChannel): Promise<OpenedChannel> {
    for (;;) {
      const connection = await this.slot(kind);
      try {
        const channel = await connection.open(kind, open, () => this.released(connection));
        return { channel, isCut: () => connection.closed };
      } catch (error) {
        if (error instanceof SshError) throw error;
        if (!this.learnLimit(connection, kind)) throw this.refused(kind, error);
      }
    }
  }

  /** A connection is there, or could be made. */
  async ready(): Promise<void> {
    const connection = await this.slot('socket');
    connection.reserved.socket -= 1;
    this.released(connection);
  }

  close(): void {
    this.closed = true;
    this.rejectWaiters(poolClosed());
    for (const connection of this.connections) connection.end();
  }

  /** Without a word to the machine, which does not answer; what is open on them fails at once. */
  cut(): void {
    for (const connection of this.connections) connection.cut();
  }

  private slot(kind: ChannelKind): Promise<KeptConnection> {
    if (this.closed) return Promise.reject(poolClosed());
    return new Promise((resolve, reject) => {
      this.waiters.push({ kind, resolve, reject });
      this.serve();
    });
  }

  /** Gives free slots to those who wait, oldest first, and opens a connection when some stay without. */
  private serve(): void {
    for (const waiter of [...this.waiters]) {
      const free = [...this.connections].find(
        (c) => !c.closed && c.reserved[waiter.kind] < this.limit[waiter.kind],
      );
      if (free === undefined) continue;
      free.reserved[waiter.kind] += 1;
      this.waiters.splice(this.waiters.indexOf(waiter), 1);
      waiter.resolve(free);
    }
    if (this.waiters.length > 0 && !this.connecting && this.connections.size < this.options.maxConnections) {
      this.connecting = true;
      void this.connectOne();
    }
  }

  private async connectOne(): Promise<void> {
    try {
      const client = await this.connectWithRetry();
      const connection = new KeptConnection(client, () => {
        this.connections.delete(connection);
        if (!this.closed) this.serve();
      });
      this.connections.add(connection);
      this.connecting = false;
      if (this.closed) connection.end();
      this.serve();
      this.released(connection);
    } catch (error) {
      this.connecting = false;
      // With a live connection the waiters only have to wait: sshd may allow no second one (MaxStartups).
      if (this.connections.size === 0) this.rejectWaiters(error);
    }
  }

  private async connectWithRetry() {
    const begun = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      if (this.failures > 0) await delay(this.backoffMs(), undefined, { ref: true });
      if (this.closed) throw poolClosed();
      try {
        const client = await connect(this.target, this.connectOptions());
        this.failures = 0;
        return client;
      } catch (error) {
        this.failures += 1;
        const again = error instanceof SshError && error.kind === 'retriable';
        const isEnough =
          attempt >= this.options.connectAttempts && performance.now() - begun >= this.options.connectForMs;
        if (!again || isEnough) throw error;
        this.options.logger?.debug?.(
          { address: targetAddress(this.target), attempt, err: error },
          'ssh connect failed',
        );
      }
    }
  }

  /** What was closed while it waited for its turn logs in no more. */
  private connectOptions(): ConnectOptions {
    const { logInTurn, ...options } = this.options;
    if (logInTurn === undefined) return options;
    return {
      ...options,
      logInTurn: (login) =>
        logInTurn(async () => {
          if (this.closed) throw poolClosed();
          return login();
        }),
    };
  }

  /** Doubles from 0.1 s to 5 s, with jitter so that many nodes behind one switch do not come at once. */
  private backoffMs(): number {
    const most = Math.min(BACKOFF_FIRST_MS * 2 ** (this.failures - 1), BACKOFF_MOST_MS);
    return most / 2 + (Math.random() * most) / 2;
  }

  private released(connection: KeptConnection): void {
    if (this.closed) return;
    this.serve();
    if (!connection.idle || connection.closed) return;
    // The last connection is kept longer: a new handshake costs 60-100 ms.
    const idleMs = this.connections.size > 1 ? this.options.surplusIdleMs : this.options.idleMs;
    connection.endWhenIdleFor(idleMs, () => this.connections.delete(connection));
  }

  /** sshd says "open failed" beyond MaxSessions: what is left once all refused ones are gone is the limit. False: nothing else was open. */
  private learnLimit(connection: KeptConnection, kind: ChannelKind): boolean {
    const others = connection.reserved[kind];
    if (kind !== 'session' || others === 0) return false;
    this.limit.session = Math.min(this.limit.session, others);
    return true;
  }

  private rejectWaiters(error: unknown): void {
    for (const waiter of this.waiters.splice(0)) waiter.reject(error);
  }

  private refused(kind: ChannelKind, cause: unknown): SshError {
    const address = targetAddress(this.target);
    return new SshError('SSH_CHANNEL_REFUSED', {
      message: `${address} did not open a ${kind} channel.`,
      hint:
        kind === 'socket'
          ? 'Check that the socket exists, that the user may use it, and that sshd has AllowStreamLocalForwarding yes.'
          : 'Check that sshd lets this user run commands.',
      cause,
      details: { address },
    });
  }
}

export function poolClosed(): SshError {
  return new SshError('SSH_POOL_CLOSED', {
    message: 'The pool of SSH connections is closed.',
    hint: 'The process is stopping.',
  });
}
