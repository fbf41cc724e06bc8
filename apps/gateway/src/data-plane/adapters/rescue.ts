import type { Place } from '../domain/carrying.js';
import { serverName } from './haproxy-config.js';
import type { RuntimeApi } from './runtime-api.js';

/** By HAProxy's numbers: OPTIONS, GET and HEAD may be sent again. */
const SAFE = new Set(['0', '1', '2']);
/** More than wait at an instance that answers nobody. */
const MOST_AT_ONCE = 1_000;

/**
 * The streams of an answer of `show sess all` that wait at a server for the head of an answer and may be sent again: those
 * that never were.
 */
export function waitingAt(answer: string, { backend, slot }: Place): readonly string[] {
  return answer.split(/\n(?=0x)/).flatMap((stream) => {
    const field = (pattern: RegExp): string | undefined => pattern.exec(stream)?.[1];
    const isThere = field(/\bbackend=(\S+)/) === backend && field(/\bserver=(\S+)/) === serverName(slot);
    const isSafe = SAFE.has(field(/\bmeth=(\d+)/) ?? '') && field(/\bstatus=(-?\d+)/) === '-1';
    const isFirst = !/\bretries=[1-9]/.test(stream);
    const id = field(/^(0x[0-9a-f]+):/);
    return isThere && isSafe && isFirst && id !== undefined ? [id] : [];
  });
}

/** Ends their tries at the server; HAProxy sends them to another one, as after a connection that broke. */
export async function rescueFrom(api: RuntimeApi, place: Place): Promise<number> {
  const streams = waitingAt(await api.ask('show sess all'), place).slice(0, MOST_AT_ONCE);
  // One that was answered meanwhile is not found, which is as well.
  await api.askAll(streams.map((id) => `shutdown session ${id}`));
  return streams.length;
}
