import type { Clock, Wait } from '../task/ports.js';
import type { Replies, Reply } from './ports.js';

export interface AwaitReplyPorts {
  readonly replies: Replies;
  readonly clock: Clock;
  readonly wait: Wait;
}

/** A notification may be lost with its connection. */
const LOOK_AGAIN_MS = 5_000;

/** The reply to a request, as soon as it is there; undefined when the time is over or the signal aborts. */
export async function awaitReply(
  { replies, clock, wait }: AwaitReplyPorts,
  token: string,
  withinMs: number,
  signal: AbortSignal,
): Promise<Reply | undefined> {
  const endsAt = clock.now().getTime() + withinMs;
  for (;;) {
    const told = new AbortController();
    // Before the look: a reply that is stored right after it is not missed.
    const forget = replies.onReply(token, () => told.abort());
    try {
      const reply = await replies.reply(token);
      const leftMs = endsAt - clock.now().getTime();
      if (reply !== undefined || signal.aborted || leftMs <= 0) return reply;
      const either = AbortSignal.any([signal, told.signal]);
      await wait(Math.min(leftMs, LOOK_AGAIN_MS), either).catch((error: unknown) => {
        if (!either.aborted) throw error;
      });
    } finally {
      forget();
    }
  }
}
