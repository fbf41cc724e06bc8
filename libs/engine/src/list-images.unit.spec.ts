import type Docker from 'dockerode';
import { expect, it } from 'vitest';
import { Engine } from './engine.js';

/** As Docker up to API 1.42 lists an image without a name: to remove it by that was refused. */
it('an image without a name has no name', async () => {
  const listed = [
    { Id: 'a', RepoTags: ['<none>:<none>'], Created: 1, Labels: null },
    { Id: 'b', RepoTags: null, Created: 2, Labels: { x: 'y' } },
    { Id: 'c', RepoTags: ['shop/web:1'], Created: 3, Labels: {} },
  ];
  const docker = { listImages: () => Promise.resolve(listed) } as unknown as Docker;
  const images = await new Engine(docker, () => undefined).listImages({ labels: {} });
  expect(images.map(({ tags }) => tags)).toEqual([[], [], ['shop/web:1']]);
});

it('an image of no registry has no digest, as older engines say it', async () => {
  const digests = ['host/shop/web@sha256:0'];
  const listed = [
    { Id: 'a', RepoDigests: ['<none>@<none>'], Created: 1 },
    { Id: 'b', RepoDigests: null, Created: 2 },
    { Id: 'c', RepoDigests: digests, Created: 3 },
  ];
  const docker = { listImages: () => Promise.resolve(listed) } as unknown as Docker;
  const images = await new Engine(docker, () => undefined).listImages({ labels: {} });
  expect(images.map((image) => image.digests)).toEqual([[], [], digests]);
});

it('the digest of an image counted as its tag, as the image store of containerd lists it', async () => {
  const digest = 'host/shop/web@sha256:0';
  const listed = [{ Id: 'a', RepoTags: [digest, 'shop/web:1'], RepoDigests: [digest], Created: 1 }];
  const docker = { listImages: () => Promise.resolve(listed) } as unknown as Docker;
  const images = await new Engine(docker, () => undefined).listImages({ labels: {} });
  expect(images).toMatchObject([{ tags: ['shop/web:1'], digests: [digest] }]);
});
