import { randomUUID } from 'node:crypto';
import { MAY_WAIT } from './channels.js';
import type { Transaction } from './pool.js';

export interface OutboxMessage {
  readonly topic: string;
  /**
   * Messages of one key are published in the order in which they were added. Of two transactions that were open
   * together, the one that commits first may come first: whoever needs an order between them must let one wait.
   */
  readonly key: string;
  /** CloudEvents type. */
  readonly type: string;
  /** CloudEvents id; made here when left out. */
  readonly id?: string;
  /** JSON. */
  readonly data: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** For a moment, for others to go with it: nothing that is under way waits for it. */
  readonly mayWait?: boolean;
}

export type OutboxRow = Required<Omit<OutboxMessage, 'mayWait'>>;

/** Messages that leave with the facts they tell of: written in the same transaction, published by the relay. */
export class Outbox {
  async add(tx: Transaction, messages: readonly OutboxMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const mayWait = messages.every((message) => message.mayWait === true);
    const rows = messages.map((m) => ({ ...m, id: m.id ?? randomUUID(), headers: m.headers ?? {} }));
    await tx.query(
      `WITH added AS (
         INSERT INTO outbox (id, topic, key, type, data, headers)
         SELECT e ->> 'id', e ->> 'topic', e ->> 'key', e ->> 'type', e -> 'data', e -> 'headers'
         FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS list (e, n) ORDER BY n)
       SELECT pg_notify(current_schema() || '_outbox', $2)`,
      [JSON.stringify(rows), mayWait ? MAY_WAIT : ''],
    );
  }
}
