/** A release with what decides whether its image stays. */
export interface ReleaseImage {
  readonly id: string;
  readonly appId: string;
  readonly service: string;
  /** `host/repository@sha256:...` */
  readonly image: string;
  readonly builtAt: Date;
  /** When an instance of it was healthy last; without one it was never good. */
  readonly lastHealthyAt?: Date;
  /** It is the current release, has instances, or its service is being worked on. */
  readonly inUse: boolean;
}

export interface Retention {
  readonly images: readonly ReleaseImage[];
  /** Good releases of a service that stay for a rollback, whatever their age. */
  readonly keep: number;
  readonly now: Date;
  /** Any other is deleted when it is older, ... */
  readonly maxAgeMs: number;
  /** ... or when this many of its service are newer. */
  readonly keepPerService: number;
}

/**
 * The releases whose images may go, oldest first. Never one that is in use, never one of the last good ones, never an
 * image that a release which stays has too: two sources may build to the same image. Pure.
 */
export function imagesToDelete({ images, ...limits }: Retention): readonly ReleaseImage[] {
  const services = Map.groupBy(images, ({ appId, service }) => JSON.stringify([appId, service]));
  const surplus = new Set([...services.values()].flatMap((ofService) => surplusOf(ofService, limits)));
  const staying = new Set(images.filter((image) => !surplus.has(image)).map(({ image }) => image));
  return [...surplus].filter(({ image }) => !staying.has(image)).sort(byAge);
}

function surplusOf(
  images: readonly ReleaseImage[],
  { keep, now, maxAgeMs, keepPerService }: Omit<Retention, 'images'>,
): readonly ReleaseImage[] {
  const good = images.filter((image) => image.lastHealthyAt !== undefined);
  const goodLast = new Set(good.sort(byLastHealthy).slice(0, keep));
  const newestFirst = images.toSorted((one, other) => byAge(other, one));
  return newestFirst.filter((image, newer) => {
    if (image.inUse || goodLast.has(image)) return false;
    return newer >= keepPerService || now.getTime() - image.builtAt.getTime() > maxAgeMs;
  });
}

/** The name breaks ties, so that the same releases give the same answer. */
const byName = (one: ReleaseImage, other: ReleaseImage): number => (one.id < other.id ? -1 : 1);

const byAge = (one: ReleaseImage, other: ReleaseImage): number =>
  one.builtAt.getTime() - other.builtAt.getTime() || byName(one, other);

const byLastHealthy = (one: ReleaseImage, other: ReleaseImage): number =>
  (other.lastHealthyAt?.getTime() ?? 0) - (one.lastHealthyAt?.getTime() ?? 0) || byName(one, other);
