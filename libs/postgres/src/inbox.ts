import type { Pool, Transaction } from './pool.js';

/** Which messages a consumer has handled; recorded in the transaction of what they did. */
export class Inbox {
  /** @returns false when this consumer has handled the message before */
  async recordOnce(tx: Transaction, consumer: string, messageId: string): Promise<boolean> {
    const { rowCount } = await tx.query({
      name: 'inbox_record',
      text: 'INSERT INTO inbox (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      values: [consumer, messageId],
    });
    return rowCount === 1;
  }

  /** Of these messages, those that the consumer has handled. */
  async handled(
    db: Pool | Transaction,
    consumer: string,
    ids: readonly string[],
  ): Promise<ReadonlySet<string>> {
    const { rows } = await db.query<{ message_id: string }>(
      'SELECT message_id FROM inbox WHERE consumer = $1 AND message_id = ANY ($2)',
      [consumer, ids],
    );
    return new Set(rows.map((row) => row.message_id));
  }
}
