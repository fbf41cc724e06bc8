import { afterAll, beforeAll, expect, it } from 'vitest';
import { PlacementSoak } from '../../scripts/placement/soak.js';
import { PlacementRig } from './rig.js';

const REPLICAS = 3;
const NODES = [4, 3, 2, 6].map((cpus, n) => ({ name: `node-${n}`, cpus, memoryMiB: 1_024 }));

let rig: PlacementRig | undefined;
beforeAll(async () => {
  rig = await PlacementRig.start(NODES, REPLICAS);
});
afterAll(() => rig?.stop());

it('requests, reports and releases through three load balancers that are killed share no room, and lose and double nothing', async () => {
  const { replicas, traffic, database } = rig as PlacementRig;
  const parts = { replicas, traffic, database: database.pool, signal: new AbortController().signal };
  const soak = new PlacementSoak(parts, { replicas: REPLICAS, seconds: 7, killEvery: 2, seed: 3 });
  const { figures, violations } = await soak.run();
  console.log(figures);
  expect(Object.entries(violations).filter(([, cases]) => cases.length > 0)).toEqual([]);
  expect(Object.keys(violations)).toHaveLength(7);
  // Without kills, and without a full fleet, it would show nothing.
  expect(figures.kills).toBeGreaterThan(1);
  expect(figures.placed).toBeGreaterThan(10);
  expect(figures.refused).toBeGreaterThan(0);
}, 90_000);
