import type { InboxPort } from '#libs/kafka';
import { Inbox, transaction, type Pool } from '#libs/postgres';

/** One transaction for a chunk of messages; a message that was seen before is skipped. */
export function transactionalInbox(pool: Pool): InboxPort {
  const inbox = new Inbox();
  return {
    async run(consumer, messages, handle) {
      await transaction(pool, async (tx) => {
        for (const [index, message] of messages.entries()) {
          if (await inbox.recordOnce(tx, consumer, message.id)) await handle(index, tx);
        }
      });
    },
  };
}
