import { describe, expect, it } from 'vitest';
import { parseRegistryUrl, repositoryOf } from './registry-address.js';

/** The repository of service web of application shop, with its host. */
function imageAt(url: string): string {
  const address = parseRegistryUrl(url);
  return `${address.host}/${repositoryOf(address, 'shop', 'web')}`;
}

describe('the path of REGISTRY_URL was dropped, and images were pushed elsewhere: it stands before each repository', () => {
  it.each([
    ['https://r.example:5000', 'r.example:5000/shop/web'],
    ['https://r.example:5000/', 'r.example:5000/shop/web'],
    ['http://r.example:5000/team', 'r.example:5000/team/shop/web'],
    ['https://ghcr.io/my-org', 'ghcr.io/my-org/shop/web'],
    ['https://harbor.example/my_project/deploys/', 'harbor.example/my_project/deploys/shop/web'],
    ['https://registry.gitlab.com/group/project', 'registry.gitlab.com/group/project/shop/web'],
    ['https://shop.azurecr.io/team', 'shop.azurecr.io/team/shop/web'],
    [
      'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/a',
      '123456789012.dkr.ecr.eu-central-1.amazonaws.com/a/shop/web',
    ],
    ['https://docker.io/me', 'docker.io/me/shop__web'],
    ['https://index.docker.io/me', 'docker.io/me/shop__web'],
  ])('%s', (url, image) => expect(imageAt(url)).toBe(image));
});

it('Docker Hub is asked at another host than its images name, and engines log in at a third', () => {
  expect(parseRegistryUrl('https://docker.io/me')).toMatchObject({
    api: 'https://registry-1.docker.io',
    host: 'docker.io',
    login: 'https://index.docker.io/v1/',
  });
  expect(parseRegistryUrl('https://ghcr.io/me')).toMatchObject({ api: 'https://ghcr.io', login: 'ghcr.io' });
});

describe('an address that would fail at the first push is refused at start', () => {
  it.each([
    ['ftp://r.example', 'https://'],
    ['https://user:geheim@r.example', 'REGISTRY_USERNAME'],
    ['https://r.example/a?b=c', 'without ?'],
    ['https://r.example/Team', 'lower-case'],
    ['https://r.example/a..b', 'lower-case'],
    ['https://docker.io', 'https://docker.io/USER'],
    ['https://docker.io/me/deploys', 'no further path'],
    ['https://ghcr.io', 'https://ghcr.io/OWNER'],
    ['https://registry.gitlab.com/group', 'https://registry.gitlab.com/GROUP/PROJECT'],
  ])('%s', (url, expected) => {
    expect(() => parseRegistryUrl(url)).toThrow(expected);
    expect(() => parseRegistryUrl(url)).not.toThrow('geheim');
  });
});
