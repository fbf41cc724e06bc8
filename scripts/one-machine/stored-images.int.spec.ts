import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { forgetOldImages } from './stored-images.js';

let folder: string;
let repositories: string;

async function stored(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const name = join(repositories, `app-${String(n).padStart(3, '0')}`);
    await mkdir(join(name, 'web/_manifests/revisions'), { recursive: true });
    await utimes(name, n, n);
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-stored-'));
  repositories = join(folder, 'docker/registry/v2/repositories');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('thousands of images of earlier starts do not make listing them take a minute: the newest stay', async () => {
  await stored(120);
  expect(await forgetOldImages(folder)).toBe(true);
  const left = await readdir(repositories);
  expect(left).toHaveLength(50);
  expect(left.toSorted()[0]).toBe('app-070');
});

it('a hundred images stay', async () => {
  await stored(100);
  expect(await forgetOldImages(folder)).toBe(false);
  expect(await readdir(repositories)).toHaveLength(100);
});

it('a registry that has stored nothing yet has nothing to forget', async () => {
  expect(await forgetOldImages(folder)).toBe(false);
});
