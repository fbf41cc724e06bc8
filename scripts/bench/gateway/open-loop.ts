import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { HOST } from './sides.js';

/** Of each request, from when it was due until its answer was read: what waits in the client counts, too. */
export interface Answered {
  readonly ms: number;
  readonly isError: boolean;
}

interface OpenLoop {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

const CONNECTIONS = 1_024;
/** What is not answered by then is an error. */
const LONGEST_MS = 20_000;

/** Requests that come at random times, whether or not those before them are answered. */
export async function openLoop({
  port,
  perSecond,
  seconds,
  random,
  signal,
}: OpenLoop): Promise<readonly Answered[]> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: CONNECTIONS, headersTimeout: LONGEST_MS });
  const sent: Promise<Answered>[] = [];
  const begun = performance.now();
  const endMs = begun + seconds * 1_000;
  for (let dueMs = begun; dueMs < endMs; dueMs += (-Math.log(1 - random()) * 1_000) / perSecond) {
    while (performance.now() < dueMs) await delay(1, undefined, { signal });
    sent.push(askAt(pool, dueMs));
  }
  const answered = await Promise.all(sent);
  await pool.destroy();
  return answered;
}

async function askAt(pool: Pool, dueMs: number): Promise<Answered> {
  const isError = await pool.request({ method: 'GET', path: '/', headers: { host: HOST } }).then(
    async ({ statusCode, body }) => {
      await body.dump();
      return statusCode !== 200;
    },
    () => true,
  );
  return { ms: performance.now() - dueMs, isError };
}
