import type { Secret } from '#libs/config';
import type { ServiceConfig } from '#libs/contracts';
import type { SourceTree } from '#libs/source-detect';
import type { TaskState } from '../task/domain/task.state.js';

export interface FetchedSource {
  /** Where it lay, where that could be one of two places. */
  readonly blob?: string;
  readonly sourceDigest: string;
  readonly config: ServiceConfig;
  /** The unpacked tree; removed by dispose(). */
  readonly directory: string;
  /** What lies in it. */
  readonly tree: SourceTree;
  dispose(): Promise<void>;
}

export interface Sources {
  /** Throws coded errors: SOURCE_NOT_FOUND, ARCHIVE_*, CONFIG_*. */
  fetch(source: TaskState['source'], signal: AbortSignal): Promise<FetchedSource>;
}

/** The code of a push whose image is nowhere any more: it has to be built again. */
export const IMAGE_LOST = 'IMAGE_LOST';

export interface BuildOrder {
  readonly source: FetchedSource;
  readonly tag: string;
  readonly labels: Readonly<Record<string, string>>;
  /** By the id that its steps know it by. */
  readonly secrets: Readonly<Record<string, Secret>>;
  onOutput(line: string): void;
}

/** An image that was built and is not pushed. */
export interface BuiltTag {
  readonly tag: string;
  /** Undefined where it was not recorded: any may have it. */
  readonly builder: string | undefined;
}

export interface ExplainedSource {
  /** That of config.json, or the one that was found out. */
  readonly runtime: string;
  /** What was found, and by what, in one line. */
  readonly detected: string;
}

/** An image in our registry. */
export interface PushedImage {
  /** `host/repository@sha256:...` */
  readonly image: string;
  /** What it was built for, such as amd64; left out where another replica pushed it. */
  readonly architecture?: string;
}

/** All builders. */
export interface ImageBuilder {
  /** How many builds each does at once, by name, in the order in which they are configured. */
  readonly limits: ReadonlyMap<string, number>;
  /**
   * An image that somebody else built, by the digest that its registry has for it now. Throws IMAGE_NOT_FOUND,
   * REGISTRY_DENIED, REGISTRY_UNREACHABLE.
   */
  pin(image: string): Promise<string>;
  tagOf(appId: string, service: string, sourceDigest: string): string;
  /** What the source is. Throws what a build would refuse it for: SOURCE_UNCLEAR, RUNTIME_UNKNOWN. */
  explain(source: FetchedSource): ExplainedSource;
  /** The builder that has the image already, of those that answer. */
  holderOf(tag: string): Promise<string | undefined>;
  /** Throws BUILD_FAILED, BUILD_SECRETS_UNSUPPORTED; ENGINE_UNREACHABLE, NO_SPACE, BUILDER_DISK_FULL where another builder may do better. */
  build(builder: string, order: BuildOrder, signal: AbortSignal): Promise<void>;
  /** Pushes, and removes it from its builder. Throws IMAGE_LOST. */
  push(image: BuiltTag, signal: AbortSignal, onProgress: () => void): Promise<PushedImage>;
  /** Removes what a build left that is not pushed. Never throws. */
  discard(image: BuiltTag): Promise<void>;
}
