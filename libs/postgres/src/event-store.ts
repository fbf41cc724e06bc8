import { ConcurrencyError } from './errors.js';
import type { Pool, Transaction } from './pool.js';

export interface NewEvent {
  readonly type: string;
  readonly data: unknown;
}

export interface StoredEvent extends NewEvent {
  readonly stream: string;
  /** Position in the stream, from 1. */
  readonly version: number;
  readonly at: Date;
  readonly replica: string;
}

const UNIQUE_VIOLATION = '23505';

/** Streams of events with an expected version. */
export class EventStore {
  /**
   * Appends in the caller's transaction, which must end when this throws ConcurrencyError.
   * @param expectedVersion the stream's last version as the caller saw it; 0 for a new stream
   * @returns the stream's new version
   */
  async append(
    tx: Transaction,
    stream: string,
    expectedVersion: number,
    events: readonly NewEvent[],
    { replica }: { readonly replica: string },
  ): Promise<number> {
    try {
      const { rowCount } = await tx.query(
        `INSERT INTO events (stream, version, type, data, replica)
         SELECT $1, $2 + n, e ->> 'type', e -> 'data', $4
         FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS list (e, n)
         WHERE $2 = 0 OR EXISTS (SELECT FROM events WHERE stream = $1 AND version = $2)`,
        [stream, expectedVersion, JSON.stringify(events), replica],
      );
      if (rowCount !== events.length) throw new ConcurrencyError(stream, expectedVersion);
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === UNIQUE_VIOLATION) {
        throw new ConcurrencyError(stream, expectedVersion, { cause });
      }
      throw cause;
    }
    return expectedVersion + events.length;
  }

  /** The whole stream in order; empty when there is none. */
  async read(db: Pool | Transaction, stream: string): Promise<StoredEvent[]> {
    const { rows } = await db.query<StoredEvent>(
      'SELECT stream, version, type, data, at, replica FROM events WHERE stream = $1 ORDER BY version',
      [stream],
    );
    return rows;
  }
}
