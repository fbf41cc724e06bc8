import { expect, it } from 'vitest';
import type { Engine } from '#libs/engine';
import { type ImageRegistry, RegistryError } from '#libs/registry';
import { EngineImageBuilder } from './image-builder.js';

const DIGEST = `sha256:${'1'.repeat(64)}`;

/** A builder whose engine has no image any more, and a registry that knows these tags. */
function builderWith(tags: Readonly<Record<string, string>>): EngineImageBuilder {
  const registry: Partial<ImageRegistry> = {
    host: 'r:5000',
    digestOf(repository, tag) {
      const digest = tags[`${repository}:${tag}`];
      if (digest !== undefined) return Promise.resolve(digest);
      return Promise.reject(new RegistryError('IMAGE_NOT_FOUND', 'it is not here'));
    },
  };
  const engine: Partial<Engine> = {
    hasImage: () => Promise.resolve(false),
    removeImage: () => Promise.resolve(),
  };
  return new EngineImageBuilder({
    ...{ baseImages: { byRuntime: {}, legacy: {} }, cacheMounts: false, installation: 'us' },
    registry: registry as ImageRegistry,
    engine: engine as Engine,
  });
}

const push = (builder: EngineImageBuilder): Promise<string> =>
  builder.push('r:5000/shop/web:abc', new AbortController().signal, () => undefined);

it('a replica killed between its push and writing it down does not fail the task: the image is found in the registry', async () => {
  expect(await push(builderWith({ 'shop/web:abc': DIGEST }))).toBe(`r:5000/shop/web@${DIGEST}`);
});

it('an image that is neither on the builder nor in the registry is lost, and is to be built again', async () => {
  await expect(push(builderWith({}))).rejects.toMatchObject({ code: 'IMAGE_LOST' });
});
