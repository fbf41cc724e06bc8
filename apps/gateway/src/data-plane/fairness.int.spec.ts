import { Agent, request } from 'node:http';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { wantedOf } from './domain/wanted.testing.js';
import { startInstance, startPlane } from './plane.testing.js';

const REQUESTS = 10_000;
const AT_ONCE = 8;
/** As RustyBalancer's paper defines it: 1 is a share of requests exactly like the weights. */
const eta = (counts: readonly number[], weights: readonly number[]): number => {
  const shares = counts.map((count, index) => count / (weights[index] ?? NaN));
  return Math.min(...shares) / Math.max(...shares);
};

it.each([[[100, 50, 25, 5]], [[100, 95, 90, 85]]])(
  'the profile `weighted` shares 10,000 requests out as the weights %j are',
  async (weights) => {
    const instances = await Promise.all(weights.map((_, index) => startInstance(`i${index}`)));
    const { plane, port } = await startPlane({ GATEWAY_ACCESS_LOG: 'false' });
    const servers = instances.map((one, index) => one.wanted({ weight: weights[index] }));
    await plane.apply(wantedOf({ web: servers }, 'weighted'));
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    let left = REQUESTS;
    const client = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const asked = request({ port, host: '127.0.0.1', agent, headers: { host: 'web.localhost' } }).end();
        const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
        await once(response.resume(), 'end');
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, client));
    agent.destroy();
    const counts = instances.map(({ seen }) => seen.length);
    const fairness = eta(counts, weights);
    console.log(`weights ${weights.join(', ')}: requests ${counts.join(', ')}, eta ${fairness.toFixed(4)}`);
    expect(counts.reduce((a, b) => a + b)).toBe(REQUESTS);
    expect(fairness).toBeGreaterThanOrEqual(0.995);
  },
);
