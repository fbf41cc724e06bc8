import type { InboxPort } from '#libs/kafka';
import { Inbox, transaction, type Pool, type Transaction } from '#libs/postgres';

type Messages = Parameters<InboxPort['run']>[1];
type Handle = (index: number, tx: Transaction) => Promise<void>;

const inbox = new Inbox();

/** In order; a message that was seen before is skipped. */
async function handleUnseen(
  tx: Transaction,
  consumer: string,
  messages: Messages,
  handle: Handle,
): Promise<void> {
  const ids = messages.map(({ id }) => id);
  const unseen = new Set(await inbox.record(tx, consumer, ids));
  for (const [index, id] of ids.entries()) if (unseen.delete(id)) await handle(index, tx);
}

/** One transaction for a chunk of messages; a message that was seen before is skipped. */
export function transactionalInbox(pool: Pool): InboxPort {
  return {
    run: (consumer, messages, handle) =>
      transaction(pool, (tx) => handleUnseen(tx, consumer, messages, handle)),
  };
}

/** Does what the handlers of a transaction have only noted; the last of it before it is committed. */
export type Settle = (tx: Transaction) => Promise<void>;

/** Messages of one transaction. */
const MOST_MESSAGES = 100;

interface Chunk {
  readonly consumer: string;
  readonly messages: Messages;
  readonly handle: Handle;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * One transaction at a time for the chunks of all partitions: those that come while one is under way go into the next
 * together, so the busier it is the more messages share a transaction (group commit: DeWitt et al., "Implementation
 * Techniques for Main Memory Database Systems", SIGMOD 1984). Handlers may note what `settle` then does for all. Where
 * one of several chunks fails, each has a transaction of its own. `tx` is another object for each transaction.
 */
export function gatheringInbox(pool: Pool, settle: Settle): InboxPort {
  let waiting: Chunk[] = [];
  let isRunning = false;
  const inOneTransaction = (chunks: readonly Chunk[]): Promise<void> =>
    transaction(pool, async (session) => {
      const tx: Transaction = { query: session.query.bind(session) as Transaction['query'] };
      const all = chunks.flatMap(({ messages, handle }) =>
        messages.map(({ id }, index) => ({ id, handle: () => handle(index, tx) })),
      );
      const [first] = chunks;
      if (first !== undefined)
        await handleUnseen(tx, first.consumer, all, (index) => all[index]?.handle() ?? Promise.resolve());
      await settle(tx);
    });
  const runAll = async (chunks: readonly Chunk[]): Promise<void> => {
    try {
      await inOneTransaction(chunks);
      for (const { done } of chunks) done.resolve();
    } catch (error) {
      if (chunks.length === 1) chunks[0]?.done.reject(error);
      else for (const chunk of chunks) await runAll([chunk]);
    }
  };
  const drain = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      const chunks = firstOf(waiting);
      waiting = waiting.slice(chunks.length);
      await runAll(chunks);
    }
    isRunning = false;
  };
  return {
    run(consumer, messages, handle) {
      const done = Promise.withResolvers<void>();
      waiting.push({ consumer, messages, handle, done });
      if (!isRunning) void drain();
      return done.promise;
    },
  };
}

/** As many as one transaction takes; at least one. */
function firstOf(chunks: readonly Chunk[]): readonly Chunk[] {
  let count = 0;
  const end = chunks.findIndex(({ messages }, at) => (count += messages.length) > MOST_MESSAGES && at > 0);
  return end === -1 ? chunks : chunks.slice(0, end);
}
