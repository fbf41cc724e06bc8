import { expect, it } from 'vitest';
import type { ImageLayers } from '#libs/contracts';
import { randomOf } from '#libs/testing';
import { placementOfFile } from '../placement/placement.testing.js';
import { makePlan } from './make-plan.js';

const { ask, enrol, fleets, measured, query, report } = placementOfFile();

const NODES = ['a', 'b', 'c', 'd', 'e'];
const SERVICES = ['web', 'db', 'cache'];
const LAYERS = ['base00', 'tools0', 'own000'];
const imageLayers: ImageLayers = { layers: LAYERS.map((name) => ({ name, bytes: 0.1e9 })) };
const asked = (service: string) => ({
  ...{ service, image: `registry.example/shop/${service}@sha256:1`, imageLayers },
  resources: { cpu: 0.2, memoryMiB: 100 },
});

/** Nodes with other disks and layers, instances on them, and some that have just failed. */
async function someSnapshot(random: () => number): Promise<void> {
  const below = (most: number): number => Math.floor(random() * most);
  for (const node of NODES) {
    await enrol(node);
    const layers = LAYERS.slice(0, below(4)).join('');
    measured(node, {
      sizes: { cpus: 2, memoryBytes: 2e9, diskBytes: 10e9 },
      ...{ diskFreeBytes: 0.5e9 + below(4) * 0.4e9, listeningPorts: [], lastHour: undefined },
      engine: { version: '29', images: 1, imageBytes: 1, ...(random() < 0.8 && { layers }) },
    });
  }
  for (let n = 0; n < 8; n += 1) {
    const service = SERVICES[below(SERVICES.length)]!;
    const { accessToken, node } = await ask(asked(service));
    const state = random() < 0.2 ? 'failed' : 'running';
    if (node !== undefined && random() < 0.8) await report(accessToken, node.name, state);
  }
}

/** With the most instances. */
const fullest = async (): Promise<string> =>
  String(
    (
      await query(`SELECT node FROM reservations WHERE state IN ('promised', 'bound')
                   GROUP BY node ORDER BY count(*) DESC, node LIMIT 1`)
    ).rows[0]?.['node'],
  );

it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
  'a drain puts each instance where its plan says, by disks, layers, images and failures as they are (seed %i)',
  async (seed) => {
    await someSnapshot(randomOf(seed));
    const drained = await fullest();
    const plan = await makePlan(fleets(), { kind: 'drain', node: drained });
    const found = plan?.found ?? [];
    expect(found.length).toBeGreaterThan(0);
    await query(`UPDATE registry.node_records SET state = 'draining' WHERE name = '${drained}'`);
    for (const one of found) {
      const { node } = await ask(asked(one.of.service ?? ''));
      expect(node?.name).toBe(one.kind === 'placed' ? one.to : undefined);
      // Its room is free from then on, as in the plan.
      if (node !== undefined) await report(one.of.accessToken ?? '', drained, 'stopped');
    }
  },
);

it('of new instances goes where they are placed, with the image that the service has', async () => {
  for (const node of ['a', 'b']) await enrol(node);
  const engine = { version: '29', images: 1, imageBytes: 1 };
  measured('a', { lastHour: undefined, engine: { ...engine, layers: '' } });
  measured('b', { lastHour: undefined, engine: { ...engine, layers: 'base00tools0' } });
  const { accessToken, node } = await ask(asked('web'));
  expect(node?.name).toBe('b');
  await report(accessToken, 'b', 'failed');
  expect((await ask(asked('web'))).node?.name).toBe('a');
  const { resources } = asked('web');
  const plan = await makePlan(fleets(), {
    kind: 'place',
    count: 2,
    appId: 'shop',
    service: 'web',
    resources,
  });
  const places = plan?.found.map((one) => (one.kind === 'placed' ? one.to : undefined));
  expect(places).toEqual([(await ask(asked('web'))).node?.name, (await ask(asked('web'))).node?.name]);
});
