import type { ServiceReply } from '#libs/contracts';
import type { Reply } from '../crash/requests.js';
import type { Sent } from './stream.js';

/** What came of the requests that were sent while one fault lasted. */
export interface Figures {
  readonly fault: string;
  readonly sent: number;
  readonly succeeded: number;
  /** How many failed with which code. */
  readonly failed: Readonly<Record<string, number>>;
  readonly unanswered: number;
  readonly medianMs: number;
  readonly longestMs: number;
  /** Tokens whose replies do not all say the same. */
  readonly contradicting: number;
  readonly leftOver: number;
  /** From the end of the fault to the answer to a request that was sent then. */
  readonly newRequestMs: number;
}

const servicesOf = (reply: Reply): readonly ServiceReply[] =>
  'services' in reply ? reply.services : [reply.service].flatMap((service) => service ?? []);

/** Of the first that failed; undefined where all succeeded. */
export function codeOf(reply: Reply): string | undefined {
  if (reply.status) return undefined;
  return (
    servicesOf(reply).find(({ error }) => error !== undefined)?.error?.code ?? reply.error?.code ?? 'NONE'
  );
}

export const contradicting = (all: readonly Sent[]): readonly Sent[] =>
  all.filter(({ replies }) => new Set(replies.map((reply) => JSON.stringify(reply))).size > 1);

export function figuresOf(
  fault: string,
  all: readonly Sent[],
  after: { readonly leftOver: number; readonly newRequestMs: number },
): Figures {
  const codes = all.flatMap(({ replies: [first] }) => (first === undefined ? [] : [codeOf(first)]));
  const failed: Record<string, number> = {};
  for (const code of codes) if (code !== undefined) failed[code] = (failed[code] ?? 0) + 1;
  const times = all.flatMap(({ ms }) => ms ?? []).sort((a, b) => a - b);
  return {
    ...{ fault, sent: all.length, failed, ...after },
    succeeded: codes.filter((code) => code === undefined).length,
    unanswered: all.length - codes.length,
    medianMs: times[Math.floor(times.length / 2)] ?? NaN,
    longestMs: times.at(-1) ?? NaN,
    contradicting: contradicting(all).length,
  };
}
