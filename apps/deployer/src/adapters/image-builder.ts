import { readdir } from 'node:fs/promises';
import { packDirectory } from '#libs/archive';
import { type Engine, EngineError } from '#libs/engine';
import type { ImageRegistry } from '#libs/registry';
import { writeDockerfile, type BaseImages } from '../domain/dockerfile.js';
import type { FetchedSource, ImageBuilder } from '../ports.js';

/** Builds on one engine and pushes to one registry. */
export class EngineImageBuilder implements ImageBuilder {
  constructor(
    private readonly parts: {
      readonly engine: Engine;
      readonly registry: ImageRegistry;
      readonly baseImages: BaseImages;
      readonly cacheMounts: boolean;
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
    await this.parts.engine.build({ context, tag, labels, onOutput, signal });
  }

  async push(tag: string, signal: AbortSignal): Promise<string> {
    const digest = await this.pushOrFind(tag, signal);
    await this.parts.engine.removeImage(tag);
    return `${repositoryOf(tag)}@${digest}`;
  }

  /** An image that the builder has no more was pushed before: by who was killed before it could write that down. */
  private async pushOrFind(tag: string, signal: AbortSignal): Promise<string> {
    const { engine, registry } = this.parts;
    try {
      return (await engine.push(tag, registry.auth, { signal })).digest;
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'IMAGE_NOT_FOUND') throw error;
      const repository = repositoryOf(tag).slice(registry.host.length + 1);
      const pushed = await registry.digestOf(repository, tag.slice(tag.lastIndexOf(':') + 1));
      if (pushed === undefined) throw error;
      return pushed;
    }
  }
}

const repositoryOf = (tag: string): string => tag.slice(0, tag.lastIndexOf(':'));
