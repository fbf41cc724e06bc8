import type { Transaction } from './pool.js';

/** Which messages a consumer has handled; recorded in the transaction of what they did. */
export class Inbox {
  /** @returns the ids of those that this consumer has not handled before */
  async record(tx: Transaction, consumer: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await tx.query<{ id: string }>(
      `INSERT INTO inbox (consumer, message_id) SELECT $1, unnest($2::text[])
       ON CONFLICT DO NOTHING RETURNING message_id AS id`,
      [consumer, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }
}
