import { expect, it } from 'vitest';
import { placeOfImage } from './image-layers.js';

const digest = `sha256:${'a'.repeat(64)}`;

it.each([
  ['registry.example:5000/team/shop/web', 'registry.example:5000', 'team/shop/web'],
  ['localhost/web', 'localhost', 'web'],
  ['nginx', 'docker.io', 'library/nginx'],
  ['bitnami/redis', 'docker.io', 'bitnami/redis'],
  ['docker.io/library/nginx', 'docker.io', 'library/nginx'],
  ['docker.io/nginx', 'docker.io', 'library/nginx'],
])('%s is in the registry %s as %s', (name, host, repository) => {
  expect(placeOfImage(`${name}@${digest}`)).toEqual({ host, repository, digest });
});
