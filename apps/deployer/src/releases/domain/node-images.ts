/** An image on a node, as its engine lists it. */
export interface NodeImage {
  readonly id: string;
  /** `host/repository@sha256:...`: where it was pulled from. */
  readonly digests: readonly string[];
  readonly tags: readonly string[];
}

/**
 * What a node needs a release for, the most urgent first:
 * - `now`: an instance of it is there, or its service is being worked on;
 * - `wanted`: it is the current or wanted one, or runs elsewhere;
 * - `rollback`: it can be rolled back to, or was retired only lately;
 * - `nothing`: it is retired.
 */
export type Need = (typeof NEEDS)[number];
const NEEDS = ['now', 'wanted', 'rollback', 'nothing'] as const;

/** A release of ours with an image that was asked for. */
export interface NeededImage {
  /** `host/repository@sha256:...` */
  readonly image: string;
  readonly need: Need;
  /** When it was built, or healthy last; milliseconds since 1970. */
  readonly usedAt: number;
}

interface NodeView {
  /** Those with our label. */
  readonly images: readonly NodeImage[];
  /** What is recorded of their digests. */
  readonly needed: readonly NeededImage[];
  /** Ids of the images of all containers on the node, whoever's they are, running or not. */
  readonly usedIds: ReadonlySet<string>;
}

export interface Removable {
  /** Nobody needs them. */
  readonly surplus: readonly NodeImage[];
  /** They may go when the disk is full, in this order. */
  readonly spare: readonly NodeImage[];
}

/**
 * What may go from a node. Never an image that a container there uses, that has a tag, or that is not beyond doubt of
 * ours: somebody else gave it that tag, or pulled it from elsewhere. Pure.
 */
export function removableFrom({ images, needed, usedIds }: NodeView): Removable {
  const byImage = Map.groupBy(needed, ({ image }) => image);
  const ours = images.flatMap((image) => {
    const known = image.digests.flatMap((digest) => byImage.get(digest) ?? []);
    return usedIds.has(image.id) || !isOurs(image, known) ? [] : [{ image, ...mostUrgent(known) }];
  });
  const of = (...needs: readonly Need[]) => ours.filter(({ need }) => needs.includes(need));
  const spare = of('rollback', 'wanted').sort(
    (one, other) =>
      urgency(other) - urgency(one) || one.usedAt - other.usedAt || byId(one.image, other.image),
  );
  return {
    surplus: of('nothing').map(({ image }) => image),
    spare: spare.map(({ image }) => image),
  };
}

const repositoryOf = (digest: string): string => digest.slice(0, digest.lastIndexOf('@'));

/** An engine may list further digests of one image, such as that of its index; all must be in repositories of ours. */
function isOurs({ digests, tags }: NodeImage, known: readonly NeededImage[]): boolean {
  const repositories = new Set(known.map(({ image }) => repositoryOf(image)));
  return tags.length === 0 && known.length > 0 && digests.every((one) => repositories.has(repositoryOf(one)));
}

const urgency = ({ need }: Pick<NeededImage, 'need'>): number => NEEDS.indexOf(need);

/** Two sources may build to the same image: it is needed as much as one of them is. */
function mostUrgent(known: readonly NeededImage[]): Pick<NeededImage, 'need' | 'usedAt'> {
  const need = NEEDS.find((candidate) => known.some((one) => one.need === candidate)) ?? 'now';
  return { need, usedAt: Math.max(...known.map(({ usedAt }) => usedAt)) };
}

const byId = (one: NodeImage, other: NodeImage): number => (one.id < other.id ? -1 : 1);

/** Of what users other than root may use. */
export function isFuller(
  { usedBytes, availableBytes }: { readonly usedBytes: number; readonly availableBytes: number },
  percent: number,
): boolean {
  return usedBytes * 100 > (usedBytes + availableBytes) * percent;
}
