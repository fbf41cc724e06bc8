import type { Engine } from '#libs/engine';
import type { Logger } from '#libs/telemetry';
import { BUILT_BY_LABEL } from '../domain/labels.js';
import { StepError } from '../../task/domain/task-error.js';
import { inGigabytes } from './free-space.js';

/** Between two times that builds have the cache looked at; housekeeping looks besides. */
const TRIM_EVERY_MS = 60_000;

interface BuilderParts {
  readonly name: string;
  /** Builds at once. */
  readonly limit: number;
  readonly engine: Engine;
  /** Free on the disk below a folder of the engine's machine; undefined where that cannot be known. */
  readonly freeBytes: (path: string) => Promise<number | undefined>;
  readonly cacheMaxBytes: number;
  readonly minFreeBytes: number;
  /** Which Slipway this is. */
  readonly installation: string;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly close: () => Promise<void>;
}

/** One engine that builds, and its disk: there is room before a build, and the cache stays within its size. */
export class Builder {
  readonly name: string;
  readonly limit: number;
  readonly engine: Engine;
  private rootDirectory: string | undefined;
  private emptying: Promise<void> | undefined;
  private trimmedAt = -Infinity;
  private trimming: Promise<void> | undefined;

  constructor(private readonly parts: BuilderParts) {
    ({ name: this.name, limit: this.limit, engine: this.engine } = parts);
  }

  /** Gives up the whole cache for it where it must. Throws BUILDER_DISK_FULL; where nobody knows, it is tried. */
  async ensureRoom(): Promise<void> {
    const { name, minFreeBytes } = this.parts;
    if (await this.hasRoom()) return;
    await (this.emptying ??= this.empty().finally(() => (this.emptying = undefined)));
    const free = await this.freeBytes();
    if (free === undefined || free >= minFreeBytes) return;
    throw new StepError({
      code: 'BUILDER_DISK_FULL',
      message: `The disk of builder ${name} has ${inGigabytes(free)} free, even without its build cache; a build needs ${inGigabytes(minFreeBytes)}.`,
      hint: `Free space below ${this.rootDirectory} on its machine (docker system df shows what uses it), or add another builder to BUILDERS. BUILDER_MIN_FREE_BYTES sets how much is needed.`,
    });
  }

  /** Down to the size that the cache may have, with images of ours that lost their name. */
  async trim(): Promise<void> {
    this.trimmedAt = performance.now();
    await this.prune(this.parts.cacheMaxBytes);
  }

  /** Beside whatever goes on; a failure is told. */
  trimSoon(): void {
    if (performance.now() - this.trimmedAt < TRIM_EVERY_MS) return;
    this.trimming = this.trim().catch((err: unknown) => {
      this.parts.logger.warn({ err, builder: this.name }, 'the cache of a builder could not be trimmed');
    });
  }

  async close(): Promise<void> {
    await this.parts.close();
    await this.trimming;
  }

  private async hasRoom(): Promise<boolean> {
    const free = await this.freeBytes();
    return free === undefined || free >= this.parts.minFreeBytes;
  }

  private async freeBytes(): Promise<number | undefined> {
    this.rootDirectory ??= (await this.engine.info()).rootDirectory;
    return this.parts.freeBytes(this.rootDirectory);
  }

  private async empty(): Promise<void> {
    this.parts.logger.warn({ builder: this.name }, 'the disk of a builder is full: its cache goes');
    await this.prune(0);
  }

  private async prune(keepBytes: number): Promise<void> {
    const { engine, name, installation, logger } = this.parts;
    const cacheBytes = await engine.pruneBuildCache(keepBytes);
    const imageBytes = await engine.pruneUnnamedImages({ [BUILT_BY_LABEL]: installation });
    if (cacheBytes + imageBytes > 0) logger.info({ builder: name, cacheBytes, imageBytes }, 'builder pruned');
  }
}
