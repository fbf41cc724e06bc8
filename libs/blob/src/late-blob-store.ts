import { Readable } from 'node:stream';
import type { BlobContainer, BlobPlace, BlobStore, OpenedBlob } from './blob-store.js';
import { BlobError, notFound, unavailable } from './errors.js';

/** Clients of storages resolve `..` as paths do, and would so reach another container: no blob is named like that. */
const isPlain = (name: string): boolean =>
  !name.includes('\0') && name.split(/[/\\]/).every((part) => part !== '.' && part !== '..');

/** One container of a place that is opened at the first use. Names what its client throws. */
export class LateBlobStore implements BlobStore {
  constructor(
    private readonly container: string,
    private readonly load: () => Promise<BlobPlace>,
  ) {}

  async open(name: string): Promise<OpenedBlob> {
    const place = await this.placeFor(name);
    const named = (cause: unknown): BlobError =>
      place.problemOf(cause).isMissing
        ? notFound(this.places([name]), { cause })
        : this.named(place, name, cause);
    try {
      const { stream, ...opened } = await place.container(this.container).open(name);
      return { ...opened, stream: naming(stream, named) };
    } catch (cause) {
      throw named(cause);
    }
  }

  async upload(name: string, content: Buffer): Promise<void> {
    const place = await this.placeFor(name);
    try {
      await place.container(this.container).upload(name, content);
    } catch (cause) {
      throw this.named(place, name, cause);
    }
  }

  async newestOf(names: readonly string[]): Promise<string> {
    const found = await Promise.all(names.map(async (name) => ({ name, at: await this.writtenAt(name) })));
    const second = (at: Date): number => Math.floor(at.getTime() / 1000);
    const [newest] = found
      .flatMap(({ name, at }) => (at === undefined ? [] : [{ name, at: second(at) }]))
      .sort((one, other) => other.at - one.at);
    if (newest === undefined) throw notFound(this.places(names));
    return newest.name;
  }

  async exists(name: string): Promise<boolean> {
    return (await this.writtenAt(name)) !== undefined;
  }

  async remove(name: string): Promise<void> {
    await this.ofThere(name, (container) => container.remove(name));
  }

  private writtenAt(name: string): Promise<Date | undefined> {
    return this.ofThere(name, (container) => container.writtenAt(name));
  }

  /** Undefined where there is no such blob. */
  private async ofThere<T>(
    name: string,
    work: (container: BlobContainer) => Promise<T>,
  ): Promise<T | undefined> {
    const place = await this.placeFor(name);
    try {
      return await work(place.container(this.container));
    } catch (cause) {
      if (place.problemOf(cause).isMissing) return undefined;
      throw this.named(place, name, cause);
    }
  }

  private async placeFor(name: string): Promise<BlobPlace> {
    if (!isPlain(name)) throw notFound(this.places([name]));
    return this.load();
  }

  private named(place: BlobPlace, name: string, cause: unknown): BlobError {
    if (cause instanceof BlobError) return cause;
    const { said } = place.problemOf(cause);
    const [where = ''] = this.places([name]);
    return unavailable({ where, said, variables: place.variables }, cause);
  }

  private places(names: readonly string[]): readonly string[] {
    return names.map((name) => `${this.container}/${name}`);
  }
}

/** The same stream with other errors. */
function naming(stream: Readable, named: (cause: unknown) => BlobError): Readable {
  // It may fail before anybody reads.
  stream.on('error', () => undefined);
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of stream) yield chunk as Buffer;
    } catch (cause) {
      throw named(cause);
    }
  }
  // Also where nobody reads: what is left alone keeps its connection, or its file.
  return Readable.from(chunks(), { objectMode: false }).once('close', () => stream.destroy());
}
