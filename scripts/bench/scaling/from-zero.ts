import { request } from 'undici';
import type { WrittenScalingPolicy } from '#libs/contracts';
import type { Hop, Hops } from './hops.js';
import { SAID } from './queue-service.js';
import type { RealSide, ScaledService } from './scaled-service.js';

export interface WakeRound {
  /** From the request to its answer. */
  readonly answeredMs: number;
  /** From the instance's own first healthy answer to that of the request. */
  readonly afterHealthyMs: number;
  /** What was said meanwhile, by the time after the request. */
  readonly hops: readonly Hop[];
  /** From the request to the first healthy answer. */
  readonly healthyMs: number;
}

interface WakeOptions {
  readonly rounds: number;
  readonly policy: WrittenScalingPolicy;
  readonly hops: Hops;
  readonly onRound: (round: WakeRound) => void;
}

const LONGEST_MS = 60_000;

/** A service without an instance gets a request, which is held until one answers. */
export async function measureWakes(
  side: RealSide,
  service: ScaledService,
  { rounds, policy, hops, onRound }: WakeOptions,
): Promise<readonly WakeRound[]> {
  const all: WakeRound[] = [];
  while (all.length < rounds) {
    await service.hold(0);
    await service.scaleBy(policy);
    await service.untilCarried(0);
    const round = await wakeOnce(side, service, hops);
    all.push(round);
    onRound(round);
  }
  return all;
}

async function wakeOnce({ signal }: RealSide, service: ScaledService, hops: Hops): Promise<WakeRound> {
  hops.take();
  const at = Date.now();
  const { statusCode, headers, body } = await request(`http://127.0.0.1:${service.port}/`, {
    ...{ headers: { host: service.host }, headersTimeout: LONGEST_MS, signal },
  });
  const answeredAt = Date.now();
  const text = await body.text();
  if (statusCode !== 200)
    throw new Error(`the request that woke ${service.name}: HTTP ${statusCode} ${text}`);
  const healthyAt = Number(headers[SAID.firstHealthy]);
  return {
    answeredMs: answeredAt - at,
    afterHealthyMs: answeredAt - healthyAt,
    healthyMs: healthyAt - at,
    hops: hops.take().map((hop) => ({ ...hop, at: hop.at - at })),
  };
}
