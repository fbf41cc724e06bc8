import type { Engine } from '#libs/engine';
import { withinTimely } from '../../liveness/timely-limit.js';
import type { WatchedEngine } from '../ports.js';
import { NodeLayers } from './node-layers.js';

/** A container that is paused holds its memory. */
const RUNS: ReadonlySet<string> = new Set(['running', 'paused']);

/** The engine of a node, as a watch asks it. `current`: over the connections that are there at each call. */
export const watchedEngine = (
  current: () => Engine,
  layers = new NodeLayers((id) => current().imageLayers(id)),
): WatchedEngine => ({
  async running() {
    const listed = await current().list({ labels: {} });
    return listed.filter(({ state }) => RUNS.has(state)).map(({ id }) => id);
  },
  inspect: (id) => current().inspect(id),
  events: (signal) => current().containerEvents(signal),
  async about() {
    const engine = current();
    const [{ version }, images] = await Promise.all([engine.info(), engine.listImages({ labels: {} })]);
    const imageBytes = images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const imageIds = images.map(({ id }) => id);
    return { about: { version, images: images.length, imageBytes }, imageIds };
  },
  layersOf: (imageIds) => layers.of(imageIds),
  updateLimits: (id, limits) => current().updateLimits(id, limits),
  async sizes() {
    const { cpus, memoryBytes } = await current().info();
    return { cpus, memoryBytes };
  },
});

/** Throws where it does not answer within the time. */
export const pinged = (engine: Engine, limitMs: number): Promise<void> =>
  withinTimely(limitMs, 'the engine', () => engine.ping());
