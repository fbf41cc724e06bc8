import { Pool } from 'undici';
import type { Ledger } from '../../one-machine/ledger.js';
import { startInstances } from './instances.js';
import { haproxyAlone, HOST, ownGateway, type Side } from './sides.js';
import { SIDES } from './throughput.js';

/** Those of the paper that the seed follows, which takes 10,000 requests for each. */
const WEIGHT_SETS: readonly (readonly number[])[] = [
  [100, 50, 25, 5],
  [100, 95, 90, 85],
];
const REQUESTS = 10_000;
const AT_ONCE = 8;

export interface Fairness {
  readonly weights: readonly number[];
  readonly side: string;
  readonly counts: readonly number[];
  readonly eta: number;
}

/** How near the shares come to the weights: 1 is exact, 0 is an instance that gets nothing. */
export function etaOf(counts: readonly number[], weights: readonly number[]): number {
  const shares = counts.map((count, index) => count / (weights[index] ?? NaN));
  return Math.min(...shares) / Math.max(...shares);
}

/** The seed's law: requests by weights alone. By the gateway's profile `weighted`, and drawn as the seed draws. */
export async function measureFairness(folder: string, ledger: Ledger): Promise<readonly Fairness[]> {
  const all: Fairness[] = [];
  for (const [set, weights] of WEIGHT_SETS.entries()) {
    await using stops = new AsyncDisposableStack();
    const own = `${folder}/fairness-${set}`;
    const { ports, child } = await startInstances(own, ledger, '0,1');
    stops.defer(() => child.stop());
    const options = { folder: own, ledger, ports, cores: '0,1', threads: 2, weights };
    for (const side of [
      await ownGateway(SIDES.ours, { ...options, profile: 'weighted' }),
      await haproxyAlone(SIDES.seed, 'random(1)', options),
    ]) {
      stops.defer(() => side.stop());
      const counts = await countsOf(side, ports.length);
      all.push({ weights, side: side.name, counts, eta: etaOf(counts, weights) });
    }
  }
  return all;
}

/** How many requests each instance answered. */
async function countsOf({ port }: Side, instances: number): Promise<readonly number[]> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: AT_ONCE });
  const counts = new Array<number>(instances).fill(0);
  let left = REQUESTS;
  const loop = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { body } = await pool.request({ method: 'GET', path: '/name', headers: { host: HOST } });
      const index = Number(await body.text());
      counts[index] = (counts[index] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loop));
  await pool.close();
  return counts;
}
