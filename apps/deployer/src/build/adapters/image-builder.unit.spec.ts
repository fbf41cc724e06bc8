import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { type Engine, EngineError, type EngineInfo } from '#libs/engine';
import { type ImageRegistry, RegistryError, registryLogins } from '#libs/registry';
import { treeOf } from '#libs/source-detect';
import { Builder } from './builder.js';
import { EngineImageBuilder } from './image-builder.js';

const [DIGEST, PUSHED] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
const TAG = 'r:5000/shop/web:abc';

const unreachable = (): Promise<never> =>
  Promise.reject(new EngineError('ENGINE_UNREACHABLE', { message: 'It is away.', hint: 'h' }));

interface FakeBuilder {
  readonly name: string;
  readonly images: Set<string>;
  readonly away?: boolean;
  /** Somebody else removes an image between the question for it and its push. */
  readonly loses?: boolean;
  /** Its engine fails to remove an image. */
  readonly keeps?: boolean;
}

const failed = (): Promise<never> =>
  Promise.reject(new EngineError('ENGINE_FAILED', { message: 'It failed.', hint: 'h' }));

const gone = (): Promise<never> =>
  Promise.reject(new EngineError('IMAGE_NOT_FOUND', { message: 'It is not here.', hint: 'h' }));

function builderOf({ name, images, away = false, loses = false, keeps = false }: FakeBuilder): Builder {
  const engine: Partial<Engine> = {
    hasImage: (tag) => (away ? unreachable() : Promise.resolve(images.has(tag))),
    imageArchitecture: (tag) => (away ? unreachable() : images.has(tag) ? Promise.resolve('arm64') : gone()),
    removeImage: (tag) => (away ? unreachable() : keeps ? failed() : Promise.resolve(images.delete(tag))),
    push: () => (loses ? gone() : Promise.resolve({ digest: PUSHED })),
    build: () =>
      Promise.reject(
        new EngineError('BUILD_FAILED', {
          ...{ message: 'Building r:5000/shop/web:abc: exit code: 127', hint: 'Read.' },
          logTail: ['> vite build', 'sh: 1: vite: not found'],
        }),
      ),
    info: () => Promise.resolve({ rootDirectory: '/docker' } as EngineInfo),
    pruneBuildCache: () => Promise.resolve(0),
    pruneUnnamedImages: () => Promise.resolve(0),
  };
  return new Builder({
    ...{ name, limit: 1, engine: engine as Engine, freeBytes: () => Promise.resolve(undefined) },
    ...{ cacheMaxBytes: 1, minFreeBytes: 1, installation: 'us', close: () => Promise.resolve() },
    logger: { info: () => undefined, warn: () => undefined } as never,
  });
}

/** Builders with these images, and a registry that knows these tags. */
function builderWith(
  tags: Readonly<Record<string, string>>,
  builders: readonly FakeBuilder[] = [{ name: 'local', images: new Set() }],
): EngineImageBuilder {
  const registry: Partial<ImageRegistry> = {
    host: 'r:5000',
    login: () => Promise.resolve(undefined),
    ensureRepository: () => Promise.resolve(),
    digestOf(repository, tag) {
      const digest = tags[`${repository}:${tag}`];
      if (digest !== undefined) return Promise.resolve(digest);
      return Promise.reject(new RegistryError('IMAGE_NOT_FOUND', 'it is not here'));
    },
  };
  return new EngineImageBuilder({
    ...{ baseImages: { byRuntime: {}, legacy: {} }, cacheMounts: false, installation: 'us' },
    registry: registry as ImageRegistry,
    logins: registryLogins(registry as ImageRegistry, undefined),
    builders: builders.map(builderOf),
  });
}

const pushed = (builder: EngineImageBuilder, recorded?: string) =>
  builder.push({ tag: TAG, builder: recorded }, new AbortController().signal, () => undefined);
const push = async (builder: EngineImageBuilder, recorded?: string): Promise<string> =>
  (await pushed(builder, recorded)).image;

it('what an image was built for is told with its push; of one that another replica pushed it is not known', async () => {
  const there = [{ name: 'local', images: new Set([TAG]) }];
  expect((await pushed(builderWith({}, there))).architecture).toBe('arm64');
  expect(await pushed(builderWith({ 'shop/web:abc': DIGEST }))).not.toHaveProperty('architecture');
});

it('a replica killed between its push and writing it down does not fail the task: the image is found in the registry', async () => {
  expect(await push(builderWith({ 'shop/web:abc': DIGEST }))).toBe(`r:5000/shop/web@${DIGEST}`);
});

it('a stalled replica that pushes and removes the image meanwhile does not fail the task of the one that took over', async () => {
  const losing = [{ name: 'local', images: new Set([TAG]), loses: true }];
  expect(await push(builderWith({ 'shop/web:abc': DIGEST }, losing))).toBe(`r:5000/shop/web@${DIGEST}`);
  await expect(push(builderWith({}, losing))).rejects.toMatchObject({ code: 'IMAGE_LOST' });
});

it('an image whose removal fails after its push is pushed all the same', async () => {
  const keeping = [{ name: 'local', images: new Set([TAG]), keeps: true }];
  expect(await push(builderWith({}, keeping))).toBe(`r:5000/shop/web@${PUSHED}`);
});

it('an image that is neither on the builder nor in the registry is lost, and is to be built again', async () => {
  await expect(push(builderWith({}))).rejects.toMatchObject({ code: 'IMAGE_LOST' });
});

describe('one of several builders', () => {
  const two = (away = false): readonly [FakeBuilder, FakeBuilder] => [
    { name: 'a', images: new Set() },
    { name: 'b', images: new Set([TAG]), away },
  ];

  it('that was recorded is pushed from, and keeps nothing of it', async () => {
    const [a, b] = two();
    expect(await push(builderWith({}, [a, b]), 'b')).toBe(`r:5000/shop/web@${PUSHED}`);
    expect(b.images.size).toBe(0);
  });

  it('is found by the image where none was recorded, or the recorded one is configured no more', async () => {
    expect(await push(builderWith({}, two()))).toBe(`r:5000/shop/web@${PUSHED}`);
    expect(await push(builderWith({}, two()), 'gone')).toBe(`r:5000/shop/web@${PUSHED}`);
    expect(await builderWith({}, two()).holderOf(TAG)).toBe('b');
  });

  it('that does not answer has lost the image, unless it is in the registry already', async () => {
    await expect(push(builderWith({}, two(true)), 'b')).rejects.toMatchObject({ code: 'IMAGE_LOST' });
    expect(await push(builderWith({ 'shop/web:abc': DIGEST }, two(true)), 'b')).toBe(
      `r:5000/shop/web@${DIGEST}`,
    );
    expect(await builderWith({}, two(true)).holderOf(TAG)).toBeUndefined();
  });

  it('that does not answer keeps nobody from removing what the others have', async () => {
    const [a, b] = [
      { name: 'a', images: new Set([TAG]), away: true },
      { name: 'b', images: new Set([TAG]) },
    ];
    await builderWith({}, [a, b]).discard({ tag: TAG, builder: undefined });
    expect([a.images.size, b.images.size]).toEqual([1, 0]);
  });
});

function orderOf(dockerfile: string) {
  const config = parseServiceConfig(JSON.stringify({ runtime: 'dockerfile', port: 80 }));
  const directory = mkdtempSync(join(tmpdir(), 'slipway-build-'));
  const dispose = (): Promise<void> => rm(directory, { recursive: true });
  const source = { sourceDigest: 'd', config, tree: treeOf({ Dockerfile: dockerfile }), directory, dispose };
  return { source, tag: TAG, labels: {}, secrets: {}, onOutput: () => undefined };
}

it('a build whose tool is not there said only an exit code: the tool, and as what it was built', async () => {
  const builder = builderWith({});
  const order = orderOf('FROM scratch');
  await expect(builder.build('local', order, new AbortController().signal)).rejects.toMatchObject({
    code: 'BUILD_FAILED',
    message:
      'The program vite is not in the image. The build failed: exit code: 127. It was built as: dockerfile, by config.json.',
    hint: expect.stringContaining('devDependencies') as string,
    logTail: expect.stringContaining('vite: not found') as string,
  });
  await order.source.dispose();
});
