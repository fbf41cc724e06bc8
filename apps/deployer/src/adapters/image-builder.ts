import { readdir } from 'node:fs/promises';
import { packDirectory } from '#libs/archive';
import type { Engine } from '#libs/engine';
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
    const { engine, registry } = this.parts;
    const { digest } = await engine.push(tag, await registry.login(), { signal });
    await engine.removeImage(tag);
    return `${tag.slice(0, tag.lastIndexOf(':'))}@${digest}`;
  }
}
