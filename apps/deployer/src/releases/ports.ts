import type { ReleaseImage } from './domain/retention.js';

/** The record of releases, as far as their images' lives go. */
export interface ReleaseRecords {
  /** All that are not retired. */
  live(): Promise<readonly ReleaseImage[]>;
  /** From now on no task finds them. Those that came into use meanwhile are left out; how many were retired. */
  retire(ids: readonly string[], now: Date): Promise<number>;
  /** Images of releases retired until then and not deleted yet; none that a live release has too. */
  retiredBefore(until: Date): Promise<readonly string[]>;
  /** Whether it is still one of them: a task may have built it again meanwhile. */
  isRetired(image: string, until: Date): Promise<boolean>;
  imageDeleted(image: string, now: Date): Promise<void>;
}

/** Images in the registry. */
export interface RegistryImages {
  /** False for images of another registry, such as one that was used before. */
  holds(image: string): boolean;
  /** By `host/repository@digest`. What is gone already is no error. */
  delete(image: string): Promise<void>;
  /** Whether an error means that the registry does not answer at all. */
  isDown(error: unknown): boolean;
}

/** Injection tokens of what the controllers of this feature ask for. */
export const RELEASE_RECORD = Symbol('ReleaseRecord');
