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
