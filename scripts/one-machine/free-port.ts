import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that Linux gives to outgoing connections (32768 on): one of these may take a port between this question
 * and the start of the server that it is for, and Kafka then does not start.
 */
const FIRST = 12_000;
const LAST = 19_999;
const TRIES = 100;

/** Not given twice by this process: what they are for may not listen yet. */
const given = new Set<number>();

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, host), 'listening');
  } catch {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/** A TCP port of this host that nothing listens on now: `wanted` where that is one. */
export async function freePort(host = '127.0.0.1', wanted = 0): Promise<number> {
  if (wanted > 0 && (await isFree(host, wanted))) return wanted;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FIRST, LAST + 1);
    if (given.has(port) || !(await isFree(host, port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`No port from ${FIRST} to ${LAST} is free at ${host}.`);
}
