import type { ServerResponse } from 'node:http';

/** As fastify has it. */
export interface WaitingReply {
  readonly raw: ServerResponse;
  status(code: number): unknown;
  header(name: string, value: string): unknown;
}

/** Aborts when the client goes away: nobody waits for the answer any more. */
export function whenClosed({ raw }: WaitingReply): AbortSignal {
  const closed = new AbortController();
  raw.once('close', () => closed.abort());
  return closed.signal;
}
