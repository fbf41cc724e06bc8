import { setTimeout as delay } from 'node:timers/promises';
import { SteadyLoad } from '../../scripts/gateway/steady-load.js';
import { HOST, type WholeGateway } from './whole-gateway.js';

const PER_SECOND = 500;
const AROUND_MS = 1_000;

let instances = 0;
export const nextInstance = (): string => `instance-${(instances += 1)}`;

export interface Struck {
  readonly sent: number;
  readonly failed: number;
  /** From the first request that failed until the last one; 0 where none did. */
  readonly awayMs: number;
  /** From the end of the fault until a new instance gets requests. */
  readonly carriedMs: number;
}

/**
 * Requests come at an even rate before the fault, while it lasts, and until a change of the registry is carried after it;
 * then also through what `after` does.
 */
export async function struck(
  gateway: WholeGateway,
  name: string,
  strike: () => Promise<void>,
  after: () => Promise<void> = () => Promise.resolve(),
): Promise<Struck> {
  const load = new SteadyLoad({ port: gateway.port, host: HOST, perSecond: PER_SECOND, postEvery: 10 });
  try {
    await delay(AROUND_MS);
    await strike();
    const carriedMs = await gateway.untilCarried(nextInstance());
    await after();
    await delay(AROUND_MS);
    await load.stop();
    const { failures } = load;
    const awayMs =
      Math.max(0, ...failures.map(({ endedMs }) => endedMs)) -
      (failures.length === 0 ? 0 : Math.min(...failures.map(({ sentMs }) => sentMs)));
    const figures = { sent: load.sent, failed: failures.length, awayMs: Math.round(awayMs) };
    console.log(name, { ...figures, carriedMs: Math.round(carriedMs), failures: failures.slice(0, 3) });
    return { ...figures, carriedMs };
  } finally {
    await load.stop();
  }
}
