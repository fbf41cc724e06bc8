import type { Place } from '../domain/carrying.js';
import { serverName } from './haproxy-config.js';
import type { RuntimeApi } from './runtime-api.js';

/** By HAProxy's numbers: OPTIONS, GET and HEAD may be sent again. */
const SAFE = new Set(['0', '1', '2']);
/** More than wait at an instance that answers nobody. */
const MOST_AT_ONCE = 1_000;

/**
 * Ends the tries at a server of requests that wait there for the head of an answer, may be sent again, and never were.
 * HAProxy sends them to another server, as after a connection that broke.
 */
export async function rescueFrom(api: Pick<RuntimeApi, 'ask' | 'askAll'>, place: Place): Promise<number> {
  const there = streamsAt(await api.ask('show sess'), place).slice(0, MOST_AT_ONCE);
  const shown = await api.askAll(there.map((id) => `show sess ${id}`));
  const waiting = there.filter((_, index) => waits(shown[index] ?? ''));
  // One that was answered meanwhile is not found, which is as well.
  await api.askAll(waiting.map((id) => `shutdown session ${id}`));
  return waiting.length;
}

/** Of `0x55d8: proto=tcpv4 src=127.0.0.1:34 fe=requests be=least-1 srv=s1 ...`. */
const streamsAt = (answer: string, { backend, slot }: Place): readonly string[] =>
  answer
    .split('\n')
    .filter((line) => line.includes(` be=${backend} srv=${serverName(slot)} `))
    .flatMap((line) => /^(0x[0-9a-f]+):/.exec(line)?.[1] ?? []);

function waits(stream: string): boolean {
  const field = (pattern: RegExp): string => pattern.exec(stream)?.[1] ?? '';
  return (
    SAFE.has(field(/\bmeth=(\d+)/)) &&
    field(/\bstatus=(-?\d+)/) === '-1' &&
    !/\bconn_retries=[1-9]/.test(stream)
  );
}
