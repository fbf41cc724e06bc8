import { beforeEach, describe, expect, it } from 'vitest';
import { ReplyBoard } from './adapters/reply-board.js';
import { awaitReply, type AwaitReplyPorts } from './await-reply.js';
import type { Reply } from './ports.js';

const REPLY: Reply = { token: 't', status: true, services: [], failed: [] };

let now = 0;
let stored: Reply | undefined;
let board: ReplyBoard;
let waits: number[];
/** What happens while it waits; the time is over when it does nothing. */
let meanwhile: (ms: number) => void;

beforeEach(() => {
  [now, stored, board, waits, meanwhile] = [0, undefined, new ReplyBoard(), [], () => undefined];
});

const ports: AwaitReplyPorts = {
  replies: {
    reply: async () => stored,
    onReply: (token, callback) => board.onReply(token, callback),
  },
  clock: { now: () => new Date(now) },
  async wait(ms, signal) {
    waits.push(ms);
    meanwhile(ms);
    if (signal.aborted) throw signal.reason;
    now += ms;
  },
};

const waitFor = (ms: number, signal = new AbortController().signal) => awaitReply(ports, 't', ms, signal);

describe('waiting for a reply', () => {
  it('gives one that is there without waiting, also where there is no time', async () => {
    stored = REPLY;
    expect([await waitFor(30_000), await waitFor(0), waits]).toEqual([REPLY, REPLY, []]);
  });

  it('gives it as soon as it is told of', async () => {
    meanwhile = () => {
      stored = REPLY;
      board.tell('t');
    };
    expect([await waitFor(30_000), now]).toEqual([REPLY, 0]);
  });

  it('looks again when the replies may have been told while nobody listened', async () => {
    meanwhile = () => {
      stored = REPLY;
      board.tell();
    };
    expect([await waitFor(30_000), now]).toEqual([REPLY, 0]);
  });

  it('does not wake for the reply to another request', async () => {
    meanwhile = () => board.tell('other');
    await waitFor(4_000);
    expect(waits).toEqual([4_000]);
  });

  it('looks every 5 s: a notification may be lost', async () => {
    meanwhile = () => {
      if (waits.length === 2) stored = REPLY;
    };
    expect([await waitFor(30_000), now]).toEqual([REPLY, 10_000]);
  });

  it('ends when the time is over', async () => {
    expect([await waitFor(12_000), waits]).toEqual([undefined, [5_000, 5_000, 2_000]]);
  });

  it('ends at once when the client goes away', async () => {
    const client = new AbortController();
    meanwhile = () => client.abort();
    expect([await waitFor(30_000, client.signal), now, waits.length]).toEqual([undefined, 0, 1]);
  });

  it('sees a reply that is stored while it looks', async () => {
    const replies = {
      ...ports.replies,
      reply: async () => {
        const found = stored;
        stored = REPLY;
        board.tell('t');
        return found;
      },
    };
    expect(await awaitReply({ ...ports, replies }, 't', 1_000, new AbortController().signal)).toBe(REPLY);
    expect(now).toBe(0);
  });

  it('leaves nobody on the board behind, whatever it ends by', async () => {
    let listening = 0;
    const onReply = (token: string, callback: () => void) => {
      const forget = board.onReply(token, callback);
      listening += 1;
      return () => {
        forget();
        listening -= 1;
      };
    };
    const failing = { onReply, reply: () => Promise.reject(new Error('down')) };
    const { signal } = new AbortController();
    await awaitReply({ ...ports, replies: { ...ports.replies, onReply } }, 't', 12_000, signal);
    await expect(awaitReply({ ...ports, replies: failing }, 't', 1_000, signal)).rejects.toThrow('down');
    expect(listening).toBe(0);
  });
});
