import { setTimeout as delay } from 'node:timers/promises';
import { NetworkProber } from '../../apps/deployer/src/rollout/adapters/network-prober.js';

const EVERY_MS = 10;
const LONGEST_MS = 60_000;

const prober = new NetworkProber();
const forEver = new AbortController().signal;

/** Asks again and again, as somebody with curl in a loop does, and as Slipway does, until it is answered well. */
export async function untilHealthy(
  url: string,
  waitAfter: (elapsedMs: number) => number = () => EVERY_MS,
): Promise<void> {
  const { hostname, port, pathname, search } = new URL(url);
  for (const started = performance.now(); ;) {
    const target = { host: hostname, port: Number(port), path: pathname + search };
    const { healthy } = await prober.probe(target, LONGEST_MS, forEver);
    if (healthy) return;
    const elapsed = performance.now() - started;
    if (elapsed > LONGEST_MS) throw new Error(`${url} was not healthy within ${LONGEST_MS} ms`);
    await delay(waitAfter(elapsed));
  }
}

/** For containers that the platform does not know of: not of the ports that it gives out. */
let last = 31_000;
export const nextPort = (): number => (last += 1);
