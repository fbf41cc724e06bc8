import { EngineAnswer } from './engine-error.js';

export interface Image {
  /** sha256:... */
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ListedImage {
  readonly image: Image;
  readonly names: readonly string[];
  readonly createdAt: number;
}

/** `repo`, `repo:tag` and `repo@sha256:...` in one form. */
function normalName(ref: string): string {
  if (ref.includes('@')) return ref;
  return ref.lastIndexOf(':') > ref.lastIndexOf('/') ? ref : `${ref}:latest`;
}

/** The images of one engine, by id and by every name. */
export class Images {
  private readonly byId = new Map<string, Image>();
  private readonly createdAt = new Map<string, number>();
  private readonly idByName = new Map<string, string>();

  add(image: Image, ...names: readonly string[]): void {
    this.byId.set(image.id, image);
    if (!this.createdAt.has(image.id)) this.createdAt.set(image.id, Date.now());
    for (const name of names) this.idByName.set(normalName(name), image.id);
  }

  find(ref: string): Image | undefined {
    const id = this.idByName.get(normalName(ref)) ?? ref;
    return this.byId.get(id) ?? this.byId.get(`sha256:${ref}`);
  }

  get(ref: string): Image {
    const image = this.find(ref);
    if (image === undefined) throw new EngineAnswer(404, `No such image: ${normalName(ref)}`);
    return image;
  }

  namesOf({ id }: Image): readonly string[] {
    return [...this.idByName].filter(([, named]) => named === id).map(([name]) => name);
  }

  /** Takes a name away, and with the last tag the image. `assertFree` throws where a container needs it. */
  remove(ref: string, assertFree: (image: Image) => void): readonly object[] {
    const image = this.get(ref);
    const name = normalName(ref);
    const others = this.namesOf(image).filter((other) => other !== name);
    const tags = others.filter((other) => !other.includes('@'));
    if (tags.length > 0) {
      this.idByName.delete(name);
      return [{ Untagged: name }];
    }
    assertFree(image);
    for (const one of [name, ...others]) this.idByName.delete(one);
    this.byId.delete(image.id);
    return [{ Untagged: name }, { Deleted: image.id }];
  }

  /** Those with all of these labels, each `name=value`; with milliseconds since 1970. */
  list(labels: readonly string[] = []): readonly ListedImage[] {
    const has = ({ labels: own }: Image, label: string): boolean =>
      Object.entries(own).some((pair) => pair.join('=') === label);
    return [...this.byId.values()]
      .filter((image) => labels.every((label) => has(image, label)))
      .map((image) => ({
        image,
        names: this.namesOf(image),
        createdAt: this.createdAt.get(image.id) ?? 0,
      }));
  }
}
