import { imagesToDelete, type Retention } from './domain/retention.js';
import type { RegistryImages, ReleaseRecords } from './ports.js';
import type { Clock } from '../task/ports.js';

export interface RetentionPorts {
  readonly releases: ReleaseRecords;
  readonly images: RegistryImages;
  readonly clock: Clock;
  /** Told of an image that could not be deleted; it is tried again in the next run. */
  onFailure(image: string, error: unknown): void;
}

interface RetentionLimits extends Omit<Retention, 'images' | 'now'> {
  /**
   * How long a retired release keeps its image. A task that found the release just before it was retired makes it
   * current within that time, which takes it back.
   */
  readonly graceMs: number;
}

export interface RetentionResult {
  readonly retired: number;
  readonly deleted: number;
  readonly failed: number;
}

/**
 * Retires the releases that nobody needs, and deletes the images of those that were retired before. Retiring is
 * recorded first, so that no task reuses a release whose image is going; whatever is cut off between, the next run
 * finds and goes on with: deleting twice is no error.
 */
export async function applyRetention(
  ports: RetentionPorts,
  { graceMs, ...limits }: RetentionLimits,
  signal: AbortSignal,
): Promise<RetentionResult> {
  const { releases, images, clock } = ports;
  const now = clock.now();
  const ours = (await releases.live()).filter(({ image }) => images.holds(image));
  const surplus = imagesToDelete({ images: ours, now, ...limits });
  const retired = await releases.retire(
    surplus.map(({ id }) => id),
    now,
  );
  return { retired, ...(await deleteImages(ports, new Date(now.getTime() - graceMs), signal)) };
}

async function deleteImages(
  { releases, images, clock, onFailure }: RetentionPorts,
  retiredUntil: Date,
  signal: AbortSignal,
): Promise<Omit<RetentionResult, 'retired'>> {
  let deleted = 0;
  let failed = 0;
  const due = new Set(await releases.retiredBefore(retiredUntil));
  for (const image of due) {
    if (signal.aborted) break;
    // Deleting all takes its time, in which a task may have pushed this one again.
    if (!images.holds(image) || !(await releases.isRetired(image, retiredUntil))) continue;
    try {
      await images.delete(image);
      await releases.imageDeleted(image, clock.now());
      deleted += 1;
    } catch (error) {
      failed += 1;
      onFailure(image, error);
      // A registry that is down would cost its time-out for every image.
      if (images.isDown(error)) break;
    }
  }
  return { deleted, failed };
}
