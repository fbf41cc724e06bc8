import { describe, expect, it } from 'vitest';
import type { Engine } from '#libs/engine';
import { Builder } from './builder.js';

/** A disk of 100 bytes, 10 of them the cache's, and the cache's limit 4. */
function builderWith({ free, minFree }: { readonly free: number | undefined; readonly minFree: number }) {
  const did: string[] = [];
  let freeBytes = free;
  const engine: Partial<Engine> = {
    info: () =>
      Promise.resolve({
        ...{ cpus: 1, memoryBytes: 1, name: 'n', version: 'v', architecture: 'x86_64' },
        ...{ rootDirectory: '/docker', unenforced: [] },
      }),
    pruneBuildCache(keepBytes) {
      did.push(`cache to ${keepBytes}`);
      if (freeBytes !== undefined) freeBytes += 10 - keepBytes;
      return Promise.resolve(10 - keepBytes);
    },
    pruneUnnamedImages: (labels) => Promise.resolve(did.push(`images of ${Object.values(labels).join()}`)),
  };
  const builder = new Builder({
    ...{ name: 'big', limit: 1, engine: engine as Engine, installation: 'us' },
    freeBytes: (path) => Promise.resolve(path === '/docker' ? freeBytes : undefined),
    ...{ cacheMaxBytes: 4, minFreeBytes: minFree, close: () => Promise.resolve() },
    logger: { info: () => undefined, warn: () => undefined } as never,
  });
  return { builder, did };
}

describe("a builder's disk", () => {
  it('with room for a build is left alone', async () => {
    const { builder, did } = builderWith({ free: 50, minFree: 50 });
    await builder.ensureRoom();
    expect(did).toEqual([]);
  });

  it('without room is given that of the whole cache first', async () => {
    const { builder, did } = builderWith({ free: 45, minFree: 50 });
    await builder.ensureRoom();
    expect(did).toEqual(['cache to 0', 'images of us']);
  });

  it('that is full also without the cache fails the build, with what is free, what is needed and where', async () => {
    const { builder } = builderWith({ free: 30, minFree: 50 });
    await expect(builder.ensureRoom()).rejects.toMatchObject({
      code: 'BUILDER_DISK_FULL',
      message: expect.stringMatching(/big .*\(40 bytes\) free.*\(50 bytes\)/) as string,
      hint: expect.stringContaining('/docker') as string,
    });
  });

  it('of which nothing can be known keeps no build away', async () => {
    const { builder, did } = builderWith({ free: undefined, minFree: 50 });
    await builder.ensureRoom();
    expect(did).toEqual([]);
  });

  it('is emptied once for builds that begin together', async () => {
    const { builder, did } = builderWith({ free: 45, minFree: 50 });
    await Promise.all([builder.ensureRoom(), builder.ensureRoom(), builder.ensureRoom()]);
    expect(did.filter((one) => one.startsWith('cache'))).toEqual(['cache to 0']);
  });

  it('keeps what the cache may have, and pushes one after another do not prune each time', async () => {
    const { builder, did } = builderWith({ free: 50, minFree: 50 });
    for (let pushes = 0; pushes < 5; pushes += 1) builder.trimSoon();
    await builder.close();
    expect(did).toEqual(['cache to 4', 'images of us']);
  });
});
