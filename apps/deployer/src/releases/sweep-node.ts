import { isFuller, type NodeImage, type Removable, removableFrom } from './domain/node-images.js';
import type { NodeImages, NodeNeeds } from './ports.js';
import type { Clock } from '../task/ports.js';

export interface SweepPorts {
  readonly images: NodeImages;
  readonly releases: NodeNeeds;
  readonly clock: Clock;
  /** Told of an image that could not be removed; it is tried again at the next sweep. */
  onFailure(node: string, image: string, error: unknown): void;
}

interface SweepLimits {
  /** Over this, images go that are only kept for a rollback. 100: they never do. */
  readonly diskPercent: number;
  /** How long a retired release keeps its images on nodes. */
  readonly graceMs: number;
}

export interface Swept {
  /** Images that no release needs. */
  readonly surplus: number;
  /** Images that went because the disk was full. */
  readonly spare: number;
  readonly failed: number;
  /** The disk is fuller than it may be, and nothing is left that may go. */
  readonly stillFull: boolean;
}

/**
 * Removes from one node the images that no release needs, and, where its disk is too full, those that nothing there
 * runs, until it is below. The record is read after the list of images, and once more before each removal: a task that
 * has pulled an image and not started it yet is known by then. The engine refuses what a container uses.
 */
export async function sweepNode(
  ports: SweepPorts,
  node: string,
  limits: SweepLimits,
  signal: AbortSignal,
): Promise<Swept> {
  const { images, clock } = ports;
  const listed = await images.own(node);
  if (listed.length === 0) return NOTHING;
  const usedIds = new Set(await images.used(node));
  const retiredUntil = new Date(clock.now().getTime() - limits.graceMs);
  const judged = async (some: readonly NodeImage[]): Promise<Removable> => {
    const digests = some.flatMap((image) => image.digests);
    const needed = await ports.releases.neededOn(node, digests, retiredUntil);
    return removableFrom({ images: some, needed, usedIds });
  };
  const isFull = async (): Promise<boolean> => {
    if (limits.diskPercent >= 100) return false;
    const disk = await images.disk(node);
    return disk !== undefined && isFuller(disk, limits.diskPercent);
  };
  const { surplus, spare } = await judged(listed);
  const removal = new Removal(ports, node, signal);
  await removal.each(surplus, async (image) => (await judged([image])).surplus.length > 0);
  const before = removal.removed;
  await removal.each(spare, async (image) => {
    if (!(await isFull())) return 'enough';
    const now = await judged([image]);
    return now.surplus.length + now.spare.length > 0;
  });
  const went = removal.removed - before;
  const stillFull = !removal.hadEnough && !signal.aborted && (await isFull());
  return { surplus: before, spare: went, failed: removal.failed, stillFull };
}

const NOTHING: Swept = { surplus: 0, spare: 0, failed: 0, stillFull: false };

/** Removes images one after another, and counts. */
class Removal {
  removed = 0;
  failed = 0;
  hadEnough = false;

  constructor(
    private readonly ports: Pick<SweepPorts, 'images' | 'onFailure'>,
    private readonly node: string,
    private readonly signal: AbortSignal,
  ) {}

  async each(
    images: readonly NodeImage[],
    mayGo: (image: NodeImage) => Promise<boolean | 'enough'>,
  ): Promise<void> {
    for (const image of images) {
      if (this.signal.aborted) return;
      const answer = await mayGo(image);
      this.hadEnough = answer === 'enough';
      if (this.hadEnough) return;
      if (answer === true) await this.remove(image);
    }
  }

  /** By each of its names, and never by its id: a name that somebody has given it meanwhile stays, and so does the image. */
  private async remove({ digests }: NodeImage): Promise<void> {
    let isGone = false;
    for (const digest of digests) {
      try {
        isGone = (await this.ports.images.remove(this.node, digest)) || isGone;
      } catch (error) {
        this.failed += 1;
        this.ports.onFailure(this.node, digest, error);
        return;
      }
    }
    if (isGone) this.removed += 1;
  }
}
