import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageLayers, NodeAnswer, NodeRequest } from '#libs/contracts';
import { layerNames } from '#libs/engine';
import { uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { onNode, query } from '../e2e/world.js';
import { OwnPlatform } from './own-platform.js';
import { PlacingClient } from './placing-client.js';
import { inWhole } from './in-whole.js';

const SOON = { timeoutMs: 60_000 };
const GB = 1e9;

const namesOn = async (node: string, image: string): Promise<readonly string[]> =>
  layerNames(
    JSON.parse(
      await onNode(node, 'docker', 'image', 'inspect', '--format', '{{json .RootFS.Layers}}', image),
    ) as string[],
  );

// Left out of the short form: filters and terms place by the same layers in their unit tests; and further releases.
inWhole.describe('nodes as their agents see them', () => {
  const image = `${uniqueName('base')}:1`;
  let platform: OwnPlatform;
  let placing: PlacingClient;
  let nodes: readonly string[];
  /** It has the base; by name, all others come before it. */
  let holder: string;

  beforeAll(async () => {
    platform = await OwnPlatform.create();
    placing = new PlacingClient(platform);
    nodes = (await platform.enrolNodes()).toSorted();
    holder = nodes.at(-1)!;
    await onNode(holder, 'sh', '-c', `tar -c -C /etc hostname | docker import - ${image}`);
    await platform.start('load-balancer');
    await placing.follow();
    await platform.start('agent');
    await until(
      'the layers of all nodes to be told',
      () => nodes.every((node) => layersOf(node) !== undefined),
      SOON,
    );
  }, 180_000);
  afterAll(async () => {
    await onNode(holder, 'docker', 'rmi', image);
    await placing.stop();
    await platform.close();
  });

  const layersOf = (node: string): string | undefined => placing.states.get(node)?.engine?.layers;

  const ask = (changes: Partial<NodeRequest>): Promise<NodeAnswer> => placing.ask(changes);
  async function explained({ accessToken }: NodeAnswer) {
    const { rows } = await platform.database.pool.query<{
      explanation: {
        best: { node: string; terms: [string, number, number][] }[];
        refused: { filter: string; nodes: number; missing: string }[];
      };
    }>('SELECT explanation FROM load_balancer.placements WHERE access_token = $1', [accessToken]);
    return rows[0]?.explanation;
  }
  /** The base, of so many bytes, and a layer of its own. */
  async function imageOn(bytes: number): Promise<ImageLayers> {
    const [base = ''] = await namesOn(holder, image);
    return {
      layers: [
        { name: base, bytes },
        { name: 'own___', bytes: 1_000 },
      ],
    };
  }

  it('one that has the layers of the base is preferred over those that do not', async () => {
    const imageLayers = await imageOn(20_000_000);
    expect(layersOf(holder)).toContain(imageLayers.layers[0]?.name);
    const answer = await ask({ imageLayers });
    expect(answer.node?.name).toBe(holder);
    const { best = [] } = (await explained(answer)) ?? {};
    const pointsFor = (node: string) =>
      best.find((one) => one.node === node)?.terms.find(([name]) => name === 'image')?.[1];
    expect(pointsFor(holder)).toBeCloseTo(5, 1);
    for (const { node } of best) if (node !== holder) expect(pointsFor(node)).toBe(0);
  });

  it('one whose disk has no room for the layers that it lacks is refused, with the figure of its disk', async () => {
    const free = Math.max(...nodes.map((node) => placing.states.get(node)?.diskFreeBytes ?? Number.NaN)) / GB;
    // Unpacked it takes more than that.
    const imageLayers = await imageOn(Math.round((free + 5) * GB));
    const placed = await ask({ imageLayers });
    expect(placed.node?.name).toBe(holder);
    const [refused] = (await explained(placed))?.refused ?? [];
    expect(refused).toMatchObject({ filter: 'disk', nodes: nodes.length - 1 });
    const { node, refusals } = await ask({ imageLayers, exceptNodes: [holder] });
    expect(node).toBeUndefined();
    const told = refusals.filter((one) => one.node !== holder).map(({ reason }) => reason);
    expect(told).toHaveLength(nodes.length - 1);
    for (const reason of told) {
      const [, needed, has] =
        /^not enough disk: the image's missing layers need ([\d.]+) GB, ([\d.]+) GB free$/.exec(reason) ?? [];
      expect(Number(needed)).toBeGreaterThan(Number(has));
      // A little of a disk stays free, and the machine goes on writing.
      expect(Number(has)).toBeGreaterThan(free * 0.9 - 3);
      expect(Number(has)).toBeLessThan(free + 1);
    }
  });
});

describe('a deployment', () => {
  const client = new Client();
  const appId = uniqueName('layers');
  beforeAll(() => client.connect());
  afterAll(async () => {
    await client.ask({ mode: 'stop', appId, services: ['web'] });
    await client.close();
  });

  /** What the first instance of the request was asked for with, and where it is. */
  async function asked(mode: string, files?: Record<string, string>) {
    if (files !== undefined) await client.push(appId, 'web', files);
    const { token, services } = await client.ask({ mode, appId, services: ['web'] });
    expect(services[0]?.error).toBeUndefined();
    const [row] = await query<{ node: string; asked: NodeRequest }>(
      'SELECT node, asked FROM load_balancer.reservations WHERE access_token = $1',
      [`${token}:web:0`],
    );
    if (row === undefined) throw new Error('expected a reservation');
    return row;
  }
  const namesAsked = ({ imageLayers }: NodeRequest) => imageLayers?.layers.map(({ name }) => name);

  it('asks for a node with the layers of its image, as the engine of the node then has them', async () => {
    const one = await asked('build-and-run', greeter('one'));
    expect(namesAsked(one.asked)).toEqual(await namesOn(one.node, one.asked.image ?? ''));
    expect(one.asked.imageLayers?.architecture).toBe(one.asked.architecture);
    const two = await asked('build-and-run', greeter('two'));
    expect(namesAsked(two.asked)?.[0]).toBe(namesAsked(one.asked)?.[0]);
    expect(namesAsked(two.asked)).not.toEqual(namesAsked(one.asked));
  });

  inWhole.it('finds them out of a release that was recorded without', async () => {
    await query('UPDATE deployer.releases SET layers = NULL WHERE app_id = $1', [appId]);
    await client.ask({ mode: 'stop', appId, services: ['web'] });
    const again = await asked('run');
    expect(namesAsked(again.asked)).toEqual(await namesOn(again.node, again.asked.image ?? ''));
    const rows = await query('SELECT FROM deployer.releases WHERE app_id = $1 AND layers IS NOT NULL', [
      appId,
    ]);
    expect(rows).toHaveLength(1);
  });

  inWhole.it('of an image that somebody else built has its layers as well', async () => {
    const { image } = (await asked('build-and-run', greeter('three'))).asked;
    const config = {
      ...{ runtime: 'image', image, port: 3_000, health: { path: '/' } },
      resources: { cpu: 0.05, memoryMiB: 64 },
    };
    const theirs = await asked('build-and-run', { 'config.json': JSON.stringify(config) });
    expect(theirs.asked.architecture).toBeUndefined();
    expect(namesAsked(theirs.asked)).toEqual(await namesOn(theirs.node, image ?? ''));
  });
});
