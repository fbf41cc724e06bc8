import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tryHostLock } from './host-lock.js';

/**
 * Below those that Linux gives to outgoing connections (32768 on): one of these may take a port between this question
 * and the start of the server that it is for, and Kafka then does not start.
 */
const FIRST = 12_000;
const LAST = 19_999;
const TRIES = 100;

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
    // Held as long as this process lives: what it is for may not listen yet, and another set-up would be given it, too.
    const isOurs = (await isFree(host, port)) && (await tryHostLock(`port-${port}`)) !== undefined;
    if (isOurs) return port;
  }
  throw new Error(`No port from ${FIRST} to ${LAST} is free at ${host}.`);
}

const STARTS = 3;

/**
 * Starts a server on so many free ports; on others, three times at most, where something else listens on one of them once
 * the start has failed. `start` leaves nothing running when it fails.
 */
export async function startOnFreePorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T>,
  host = '127.0.0.1',
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const ports = await Promise.all(Array.from({ length: count }, () => freePort(host)));
    try {
      return await start(ports);
    } catch (error) {
      const areFree = await Promise.all(ports.map((port) => isFree(host, port)));
      if (tries === STARTS || areFree.every(Boolean)) throw error;
    }
  }
}
