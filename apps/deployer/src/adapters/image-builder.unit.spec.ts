import { expect, it } from 'vitest';
import { type Engine, EngineError } from '#libs/engine';
import { OciRegistry } from '#libs/registry';
import { EngineImageBuilder } from './image-builder.js';

const DIGEST = `sha256:${'1'.repeat(64)}`;
const gone = new EngineError('IMAGE_NOT_FOUND', { message: 'it is not here', hint: '' });

/** A builder whose engine has no image any more, and a registry that knows these tags. */
function builderWith(tags: Readonly<Record<string, string>>): EngineImageBuilder {
  class Registry extends OciRegistry {
    override digestOf(repository: string, tag: string): Promise<string | undefined> {
      return Promise.resolve(tags[`${repository}:${tag}`]);
    }
  }
  const registry = new Registry({ url: 'https://r:5000', username: 'u', password: 'p' });
  const engine = { push: () => Promise.reject(gone), removeImage: () => Promise.resolve() };
  const baseImages = { byRuntime: {}, legacy: {} };
  return new EngineImageBuilder({
    ...{ registry, baseImages, cacheMounts: false },
    engine: engine as unknown as Engine,
  });
}

const { signal } = new AbortController();

it('a replica killed between its push and writing it down does not fail the task: the image is found in the registry', async () => {
  const builder = builderWith({ 'shop/web:abc': DIGEST });
  expect(await builder.push('r:5000/shop/web:abc', signal)).toBe(`r:5000/shop/web@${DIGEST}`);
});

it('an image that is neither on the builder nor in the registry is missed', async () => {
  await expect(builderWith({}).push('r:5000/shop/web:abc', signal)).rejects.toBe(gone);
});
