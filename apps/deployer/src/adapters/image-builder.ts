import { readdir } from 'node:fs/promises';
import { packDirectory } from '#libs/archive';
import type { Engine } from '#libs/engine';
import { type ImageRegistry, RegistryError } from '#libs/registry';
import { writeDockerfile, type BaseImages } from '../domain/dockerfile.js';
import { BUILT_BY_LABEL } from '../domain/reconcile.js';
import { StepError } from '../domain/task-error.js';
import { type FetchedSource, IMAGE_LOST, type ImageBuilder } from '../ports.js';

/** Builds on one engine and pushes to one registry. */
export class EngineImageBuilder implements ImageBuilder {
  constructor(
    private readonly parts: {
      readonly engine: Engine;
      readonly registry: ImageRegistry;
      readonly baseImages: BaseImages;
      readonly cacheMounts: boolean;
      /** Which Slipway this is. */
      readonly installation: string;
    },
  ) {}

  /** Tagged by source digest, so that the same source is the same image, whoever builds it. */
  tagOf(appId: string, service: string, sourceDigest: string): string {
    const { registry } = this.parts;
    return `${registry.host}/${registry.repository(appId, service)}:${sourceDigest.slice(0, 32)}`;
  }

  async build(
    source: FetchedSource,
    tag: string,
    labels: Readonly<Record<string, string>>,
    onOutput: (line: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const files = await readdir(source.directory);
    const written = writeDockerfile(source.config, files, this.parts.baseImages, {
      cacheMounts: this.parts.cacheMounts,
    });
    const extraFiles = written === undefined ? {} : { ...written.extraFiles, Dockerfile: written.dockerfile };
    const context = packDirectory(source.directory, extraFiles);
    const own = { ...labels, [BUILT_BY_LABEL]: this.parts.installation };
    await this.parts.engine.build({ context, tag, labels: own, onOutput, signal });
  }

  async discard(tag: string): Promise<void> {
    await this.parts.engine.removeImage(tag);
  }

  /** Whoever was here before may have pushed and removed it, and died before that was stored: then it is there. */
  async push(tag: string, signal: AbortSignal, onProgress: () => void): Promise<string> {
    const { engine, registry } = this.parts;
    const name = tag.slice(0, tag.lastIndexOf(':'));
    const pushed = (await engine.hasImage(tag))
      ? (await engine.push(tag, await registry.login(), { signal, onProgress })).digest
      : await this.digestInRegistry(name, tag);
    await engine.removeImage(tag);
    return `${name}@${pushed}`;
  }

  private async digestInRegistry(name: string, tag: string): Promise<string> {
    const { registry } = this.parts;
    const repository = name.slice(registry.host.length + 1);
    try {
      return await registry.digestOf(repository, tag.slice(name.length + 1));
    } catch (cause) {
      if (!(cause instanceof RegistryError) || cause.code !== 'IMAGE_NOT_FOUND') throw cause;
      const error = {
        code: IMAGE_LOST,
        message: `The image ${tag} is neither on the builder nor in the registry.`,
        hint: 'Something removed it in between. Send the request again under a new token: it is built again.',
      };
      throw new StepError(error, { cause });
    }
  }
}
