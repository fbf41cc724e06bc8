import type { ImageLayers, ReleaseDetails } from '#libs/contracts';
import type { Placed } from '#libs/http';
import type { Disk } from '#libs/ssh';
import type { Release } from '../task/domain/task.events.js';
import type { NeededImage, NodeImage } from './domain/node-images.js';
import type { ReleaseImage } from './domain/retention.js';

/** What was built of a service. Retired releases are not found. */
export interface Releases {
  byDigest(appId: string, service: string, sourceDigest: string): Promise<Release | undefined>;
  byId(appId: string, service: string, id: string): Promise<Release | undefined>;
  /** Ids of so many, the newest first. */
  newest(appId: string, service: string, most: number): Promise<readonly string[]>;
  /** Whether the command of a release has run. */
  commandDone(release: Release): Promise<boolean>;
  /** What was built or asked for last. */
  current(appId: string, service: string): Promise<Release | undefined>;
  /** The release that was deployed well last, other than these. */
  lastGood(appId: string, service: string, except: readonly string[]): Promise<Release | undefined>;
}

/** What images consist of. Undefined where the registry does not say it within seconds: a node is then chosen without. */
export interface Layers {
  ofImage(image: Pick<Release, 'image' | 'architecture'>): Promise<ImageLayers | undefined>;
  /** Of a release that is recorded; what had to be asked for is recorded with it. */
  ofRelease(release: Release): Promise<ImageLayers | undefined>;
}

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

/** Images on nodes. Of those that are not there, or that a container uses, none is removed, and that is no error. */
export interface NodeImages {
  /** Those with the label of this installation. */
  own(node: string): Promise<readonly NodeImage[]>;
  /** Ids of the images of all containers there, running or not. */
  used(node: string): Promise<readonly string[]>;
  /** Where its engine keeps images; undefined where that cannot be known. */
  disk(node: string): Promise<Disk | undefined>;
  /** By `host/repository@digest`; whether it went. */
  remove(node: string, image: string): Promise<boolean>;
}

/** What nodes need images for. */
export interface NodeNeeds {
  /** Of these images those of releases that we built; what was retired after `retiredUntil` can be taken back. */
  neededOn(node: string, images: readonly string[], retiredUntil: Date): Promise<readonly NeededImage[]>;
}

export interface ReleaseFilter {
  readonly appId: string;
  readonly service?: string;
}

/** What was built, for whoever asks. */
export interface ReleaseRecord {
  /** By service, the newest first, after this place. */
  list(
    filter: ReleaseFilter,
    most: number,
    after?: readonly string[],
  ): Promise<readonly Placed<ReleaseDetails>[]>;
}

/** Injection tokens of what the controllers of this feature ask for. */
export const RELEASE_RECORD = Symbol('ReleaseRecord');
