import type { Transaction } from './pool.js';

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
}
