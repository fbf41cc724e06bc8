import type { InboxPort } from '#libs/kafka';
import { Inbox, transaction, type Pool } from '#libs/postgres';

/** One transaction for a chunk of messages; a message that was seen before is skipped. */
export function transactionalInbox(pool: Pool): InboxPort {
  const inbox = new Inbox();
  return {
    async run(consumer, messages, handle) {
      await transaction(pool, async (tx) => {
        const ids = messages.map(({ id }) => id);
        const unseen = new Set(await inbox.record(tx, consumer, ids));
        for (const [index, id] of ids.entries()) if (unseen.delete(id)) await handle(index, tx);
      });
    },
  };
}
