import { expect, it } from 'vitest';
import { place } from './place.js';
import { candidate as node, imageOf, layersOf, wish } from './place.testing.js';

const nodeOf = (changes: Parameters<typeof wish>[0], ...nodes: Parameters<typeof place>[1]) =>
  place(wish(changes), nodes).place?.node;
const reasonsOf = (changes: Parameters<typeof wish>[0], ...nodes: Parameters<typeof place>[1]) =>
  place(wish(changes), nodes).refusals?.map(({ reason }) => reason);

it('constraints compare labels and the zone, and a missing key is unequal to every value', () => {
  const ssd = node('ssd', { labels: { disk: 'ssd' }, zone: 'eu-1', reserved: { cpu: 1 } });
  const bare = node('bare');
  const of = (...constraints: string[]) => nodeOf({ placement: { constraints } }, ssd, bare);
  expect(of('disk=ssd')).toBe('ssd');
  expect(of('disk!=ssd')).toBe('bare');
  expect(of('zone=eu-1')).toBe('ssd');
  expect(of('zone!=eu-1')).toBe('bare');
  expect(of('disk!=hdd', 'zone=eu-1')).toBe('ssd');
  expect(of('toString=x')).toBeUndefined();
  expect(reasonsOf({ placement: { constraints: ['disk=ssd', 'zone=eu-2'] } }, bare, ssd)).toEqual([
    'does not meet the constraint disk=ssd',
    'does not meet the constraint zone=eu-2',
  ]);
});

it('a value of a constraint may hold the equals sign', () => {
  const tagged = node('a', { labels: { tag: 'k=v' } });
  expect(nodeOf({ placement: { constraints: ['tag=k=v'] } }, tagged)).toBe('a');
  expect(nodeOf({ placement: { constraints: ['tag!=k=v'] } }, tagged)).toBeUndefined();
});

it('affinity keeps to nodes that run the service, and hinders nothing while it runs nowhere', () => {
  const cache = node('cache', { instances: { cache: 1 }, reserved: { cpu: 1 } });
  const placement = { affinity: ['cache'] };
  expect(nodeOf({ placement }, node('a'), cache)).toBe('cache');
  expect(nodeOf({ placement }, node('a'))).toBe('a');
  const full = node('full', { instances: { cache: 1 }, reserved: { cpu: 2 } });
  expect(reasonsOf({ placement }, node('a'), full)?.[0]).toBe('does not run cache (affinity)');
});

it('anti-affinity leaves out nodes that run the service; one of another application is no reason', () => {
  const batch = node('a', { instances: { batch: 1 } });
  const placement = { antiAffinity: ['batch'] };
  expect(nodeOf({ placement }, batch, node('b', { reserved: { cpu: 1 } }))).toBe('b');
  expect(reasonsOf({ placement }, batch)).toEqual(['runs batch (anti-affinity)']);
  expect(nodeOf({ placement, appId: 'other' }, batch)).toBe('a');
});

it('the architecture matters where image and node are known to differ', () => {
  const arm = node('arm', { architecture: 'arm64' });
  expect(nodeOf({ architecture: 'amd64' }, arm)).toBeUndefined();
  expect(nodeOf({ architecture: 'arm64' }, arm)).toBe('arm');
  expect(nodeOf({}, arm)).toBe('arm');
  expect(nodeOf({ architecture: 'amd64' }, node('unknown'))).toBe('unknown');
});

it('what is missing is told by filter, of the node that came closest', () => {
  const nodes = [
    node('node-1', { state: 'cordoned' }),
    node('node-2', { reserved: { cpu: 1.9 } }),
    node('node-3', { reserved: { cpu: 0.6 } }),
    node('node-4', { reserved: { memoryMiB: 1_200 }, total: { cpu: 4, memoryMiB: 2_000 } }),
    node('node-5', { takenPorts: new Set([20_000, 20_001, 20_002]), total: { cpu: 4, memoryMiB: 2_000 } }),
  ];
  const { explanation } = place(wish({ resources: { cpu: 2, memoryMiB: 1_000 } }), nodes);
  expect(explanation).toEqual({
    nodes: 5,
    best: [],
    refused: [
      { filter: 'state', nodes: 1, missing: 'node-1 is cordoned', closest: 'node-1' },
      {
        ...{ filter: 'cpu', nodes: 2, missing: 'needs 2 cores, best free 1.4 on node-3', closest: 'node-3' },
        quantity: { unit: 'cores', needed: 2, free: 1.4 },
      },
      {
        ...{ filter: 'memory', nodes: 1, missing: 'needs 1000 MiB, best free 800 on node-4' },
        ...{ closest: 'node-4', quantity: { unit: 'MiB', needed: 1_000, free: 800 } },
      },
      {
        ...{ filter: 'ports', nodes: 1, missing: 'needs 1 ports, best free 0 on node-5' },
        ...{ closest: 'node-5', quantity: { unit: 'ports', needed: 1, free: 0 } },
      },
    ],
  });
});

it('a node that is giving room to another is passed over while the placing looks elsewhere', () => {
  const busyNodes = new Set(['a']);
  expect(nodeOf({ busyNodes }, node('a'), node('b', { reserved: { cpu: 1 } }))).toBe('b');
  expect(reasonsOf({ busyNodes }, node('a'))).toEqual(['gives room to another instance at this moment']);
  expect(nodeOf({ busyNodes: new Set() }, node('a'))).toBe('a');
});

it('a move goes to the node that it was decided for, or nowhere', () => {
  const nodes = [node('a'), node('b', { reserved: { cpu: 1 } })];
  expect(nodeOf({ toNode: 'b' }, ...nodes)).toBe('b');
  expect(nodeOf({ toNode: 'c' }, ...nodes)).toBeUndefined();
  expect(reasonsOf({ toNode: 'c' }, node('a'))).toEqual(['is not c, to which the instance is to move']);
});

it('a node without room on its disk for the layers that it lacks is refused, with what is missing', () => {
  const imageLayers = imageOf({ base: 3, own: 1.2 });
  const base = layersOf('base');
  const small = node('node-3', { measured: { freeDisk: 0.8, layers: base } });
  const smaller = node('node-4', { measured: { freeDisk: 1, layers: layersOf() } });
  expect(nodeOf({ imageLayers }, small, node('b', { measured: { freeDisk: 1.2, layers: base } }))).toBe('b');
  expect(reasonsOf({ imageLayers }, small)).toEqual([
    "not enough disk: the image's missing layers need 1.2 GB, 0.8 GB free",
  ]);
  // Not the one with the most room, but the one that lacks least of what it needs.
  expect(place(wish({ imageLayers }), [small, smaller]).explanation.refused).toEqual([
    {
      ...{ filter: 'disk', nodes: 2, closest: 'node-3' },
      missing: "the image's missing layers need 1.2 GB, best free 0.8 on node-3",
      quantity: { unit: 'GB', needed: 1.2, free: 0.8 },
    },
  ]);
});

it('a disk refuses nothing where the image, its layers on the node or the free space are not known, or all is there', () => {
  const imageLayers = imageOf({ base: 3, own: 1.2 }, 'amd64');
  const full = { freeDisk: 0, layers: layersOf() };
  expect(nodeOf({ imageLayers }, node('a', { measured: full }))).toBeUndefined();
  expect(nodeOf({}, node('a', { measured: full }))).toBe('a');
  expect(nodeOf({ imageLayers }, node('a', { measured: { freeDisk: 0 } }))).toBe('a');
  expect(nodeOf({ imageLayers }, node('a', { measured: { layers: layersOf() } }))).toBe('a');
  expect(nodeOf({ imageLayers }, node('a', { measured: full, architecture: 'arm64' }))).toBe('a');
  expect(
    nodeOf({ imageLayers }, node('a', { measured: { freeDisk: 0, layers: layersOf('base', 'own') } })),
  ).toBe('a');
  const known = { imageNodes: new Set(['a']) };
  expect(place(wish({ imageLayers }), [node('a', { measured: full })], { known }).place?.node).toBe('a');
});
