import { type ImageLayers, LAYER_NAME_LENGTH } from '#libs/contracts';
import { DISK_FOR_COMPRESSED } from './layers.js';
import { LayerSet } from './layer-set.js';
import { type Candidate, NOTHING_RESERVED, type Resources, serviceKey, type Wish } from './place.js';

/** For tests: the name of a layer, of a few letters. */
const layerName = (text: string): string => text.padEnd(LAYER_NAME_LENGTH, '_');

/** For tests: an image of these layers, from the lowest to the highest, each of so many GB on a disk. */
export const imageOf = (layers: Readonly<Record<string, number>>, architecture?: string): ImageLayers => ({
  ...(architecture !== undefined && { architecture }),
  layers: Object.entries(layers).map(([name, room]) => ({
    name: layerName(name),
    bytes: (room * 1e9) / DISK_FOR_COMPRESSED,
  })),
});

/** For tests: what a node has. */
export const layersOf = (...names: readonly string[]): LayerSet =>
  new LayerSet(names.map(layerName).join(''));

/** For tests: an instance of `shop/web` that needs half a core and 500 MiB. */
export const wish = (changes: Partial<Wish> = {}): Wish => ({
  ...{ appId: 'shop', service: 'web', resources: { cpu: 0.5, memoryMiB: 500 }, avoidNodes: [] },
  ...changes,
});

interface CandidateChanges extends Partial<Omit<Candidate, 'reserved' | 'instances'>> {
  readonly reserved?: Partial<Resources>;
  /** By names of services of `shop`. */
  readonly instances?: Readonly<Record<string, number>>;
}

/** For tests: a node of 2 cores and 2,000 MiB with three ports, and what is reserved on it. */
export const candidate = (
  name: string,
  { reserved, instances = {}, ...changes }: CandidateChanges = {},
): Candidate => ({
  ...{ name, state: 'ready', firstPort: 20_000, lastPort: 20_002, takenPorts: new Set() },
  total: { cpu: 2, memoryMiB: 2_000 },
  reserved: { ...NOTHING_RESERVED, ...reserved },
  instances: new Map(
    Object.entries(instances).map(([service, count]) => [
      serviceKey('shop', service),
      { count, cpu: 0.1 * count, memoryMiB: 10 * count },
    ]),
  ),
  ...changes,
});
