import { type Pool, transaction, type Transaction } from '#libs/postgres';
import { readNodeChanges } from '#libs/registry-client';
import { Recurring } from '#libs/runtime';
import { lineState } from './waiting-rows.js';
import type { Served } from '../serve-line.js';

/** How long room stays unnoticed by those that wait for it. One small query, where nothing waits. */
const LOOK_EVERY_MS = 200;
/** Promises expire without a note, and notes that were committed late are missed: so often the nodes are read anew. */
const RENEW_MS = 10_000;

interface LineServiceParts {
  readonly pool: Pool;
  readonly logger: { warn(fields: object, message: string): void };
  /** One step along the line. */
  readonly serve: (tx: Transaction, isRenewed: boolean) => Promise<Served>;
}

/**
 * Serves the requests that wait for room, one replica at a time. It goes along the line when something may have changed:
 * a reservation was freed, a node changed, a request came or its time is over. So messages cost nothing of it.
 */
export class LineService {
  private freed = -1;
  private revision = 0;
  private renewedAt = Number.NEGATIVE_INFINITY;
  /** Something changed since the line was gone through. */
  private mustServe = true;
  private mustRenew = true;
  private lengthSeen = 0;
  private readonly looking: Recurring;

  constructor(private readonly parts: LineServiceParts) {
    this.looking = new Recurring(LOOK_EVERY_MS, (signal) => this.tryToServe(signal));
  }

  /** How many requests wait, as seen last. */
  get length(): number {
    return this.lengthSeen;
  }

  start(): void {
    this.looking.start();
  }

  /** Resolves when what is under way has ended. */
  stop(): Promise<void> {
    return this.looking.stop();
  }

  private async tryToServe(signal: AbortSignal): Promise<void> {
    try {
      this.lengthSeen = await transaction(this.parts.pool, (tx) => this.look(tx));
      if (this.lengthSeen > 0 && this.mustServe) await this.serve(signal);
    } catch (err) {
      this.parts.logger.warn({ err }, 'requests that wait for room are tried again');
    }
  }

  private async look(tx: Transaction): Promise<number> {
    const { length, isUntried, isOver, freed } = await lineState(tx);
    if (length === 0) return length;
    const nodes = await readNodeChanges(tx, this.revision);
    // That no node fits is said of nodes that were just read.
    this.mustRenew ||= isOver || this.isStale();
    this.mustServe ||= isUntried || freed !== this.freed || nodes.length > 0 || this.mustRenew;
    this.freed = freed;
    this.revision = nodes.reduce((most, { revision }) => Math.max(most, revision), this.revision);
    return length;
  }

  private async serve(signal: AbortSignal): Promise<void> {
    let served: Served = 'answered';
    while (served === 'answered' && !signal.aborted) {
      const { mustRenew } = this;
      served = await transaction(this.parts.pool, (tx) => this.parts.serve(tx, mustRenew));
      if (mustRenew && served !== 'busy') this.renewedAt = performance.now();
      if (served !== 'busy') this.mustRenew = false;
    }
    // What changes meanwhile is seen by the next look.
    if (served === 'tried') this.mustServe = false;
  }

  private isStale(): boolean {
    return performance.now() - this.renewedAt > RENEW_MS;
  }
}
