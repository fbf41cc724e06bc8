import type { PoolClient } from 'pg';
import { endAdvisoryLock, tryAdvisoryLock } from './advisory-lock.js';
import { MAY_WAIT, outboxChannel } from './channels.js';
import { HeldTopics } from './held-topics.js';
import type { Listener } from './listener.js';
import type { OutboxRow } from './outbox.js';
import { type Pool, together } from './pool.js';

export interface OutboxRelayOptions {
  /** Whose connections keep their sessions. */
  readonly sessions: Pool;
  readonly listener: Listener;
  readonly schema: string;
  /**
   * Resolves when the broker has acknowledged all, except on the topics that it returns: they are not available, and
   * their rows wait while the others go on. When it throws, all are published again.
   */
  readonly publish: (rows: readonly OutboxRow[]) => Promise<ReadonlySet<string>>;
  readonly onError: (error: unknown) => void;
  /** Called once when the rows of a topic begin to wait. */
  readonly onHeld?: (topic: string) => void;
  /** Called once when they no longer do. */
  readonly onReleased?: (topic: string) => void;
  /** The safety net under NOTIFY, and how soon another replica's relay takes over. */
  readonly pollMs?: number;
}

const BATCH = 200;
const POLL_MS = 1_000;
/** Of messages that may wait for others; people who watch take it for at once. */
const LONGEST_WAIT_MS = 250;

/**
 * Publishes the outbox. One relay of a schema leads at a time, by an advisory lock that ends with its connection.
 * It reads what is there and deletes what was published, so a transaction that began earlier and commits later is
 * published when it appears: there is no position to run ahead of it.
 */
export class OutboxRelay {
  private leader: PoolClient | undefined;
  private timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;
  private readonly held: HeldTopics;
  private readonly lock: string;

  constructor(private readonly options: OutboxRelayOptions) {
    this.held = new HeldTopics(options);
    this.lock = `slipway.outbox.${options.schema}`;
  }

  async start(): Promise<void> {
    this.timer = setInterval(() => {
      this.held.tryAgain();
      this.wake();
    }, this.options.pollMs ?? POLL_MS);
    await this.options.listener.subscribe(outboxChannel(this.options.schema), (payload) =>
      payload === MAY_WAIT ? this.wakeSoon() : this.wake(),
    );
    this.wake();
  }

  /** Ends after what is being published; another replica's relay goes on. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    clearTimeout(this.soon);
    await this.running;
    const { leader } = this;
    this.leader = undefined;
    if (leader !== undefined) await endAdvisoryLock(leader, this.lock);
  }

  private wakeSoon(): void {
    this.soon ??= setTimeout(() => this.wake(), LONGEST_WAIT_MS);
  }

  private wake(): void {
    clearTimeout(this.soon);
    this.soon = undefined;
    if (this.stopped) return;
    this.again = true;
    this.running ??= this.drain().finally(() => {
      this.running = undefined;
      if (this.again) this.wake();
    });
  }

  private async drain(): Promise<void> {
    try {
      while (this.again && !this.stopped) {
        this.again = false;
        const leader = await this.lead();
        if (leader === undefined) return;
        await this.publishAll(leader);
      }
    } catch (error) {
      this.again = false;
      this.leader?.release(true);
      this.leader = undefined;
      this.options.onError(error);
    }
  }

  private async lead(): Promise<PoolClient | undefined> {
    if (this.leader !== undefined) return this.leader;
    const client = await this.options.sessions.connect();
    let led = false;
    let broken = true;
    try {
      led = await tryAdvisoryLock(client, this.lock);
      // A deletion that a crash of the server undoes is published again, under the same id.
      if (led) await client.query('SET synchronous_commit = off');
      broken = false;
    } finally {
      // Every attempt that did not lead gives its connection back, or the pool runs dry while Postgres restarts.
      if (!led || broken) client.release(broken);
    }
    if (!led) return undefined;
    this.leader = client;
    return client;
  }

  private async publishAll(leader: PoolClient): Promise<void> {
    let rows = await waiting(leader, this.held.skipped);
    while (rows.length > 0 && !this.stopped) {
      const held = await this.options.publish(rows);
      this.held.record(rows, held);
      const isMore = this.again || rows.length === BATCH;
      this.again = false;
      const removed = remove(leader, held.size === 0 ? rows : rows.filter(({ topic }) => !held.has(topic)));
      [, rows] = await together(removed, isMore ? waiting(leader, this.held.skipped) : Promise.resolve([]));
    }
  }
}

type WaitingRow = OutboxRow & { readonly seq: string };

async function waiting(leader: PoolClient, skipped: readonly string[]): Promise<readonly WaitingRow[]> {
  const { rows } = await leader.query<WaitingRow>(
    'SELECT seq, id, topic, key, type, data, headers FROM outbox WHERE topic <> ALL($2) ORDER BY seq LIMIT $1',
    [BATCH, skipped],
  );
  return rows;
}

async function remove(leader: PoolClient, rows: readonly WaitingRow[]): Promise<void> {
  await leader.query('DELETE FROM outbox WHERE seq = ANY($1)', [rows.map(({ seq }) => seq)]);
}
