import { expect, it } from 'vitest';
import { type Claim, routeTaken } from './route-conflicts.js';

const web = { appId: 'shop', service: 'web' };
const claim = (place: string, owner: string): Claim => {
  const [host = '', ...parts] = place.split('/');
  const [appId = '', service = ''] = owner.split('/');
  return { host, path: `/${parts.join('/')}`, appId, service };
};
const elsewhere = {
  claims: [
    claim('shop.org/api', 'shop/api'),
    claim('blog.org', 'blog/web'),
    claim('*.pages.org', 'blog/web'),
    claim('a.names.org', 'blog/web'),
  ],
  services: ['web', 'api', 'app-server'],
  domain: 'example.com',
};
const whyOf = (host: string, path = '/') => routeTaken(web, [{ host, path }], elsewhere)?.message;

it.each([
  ['shop.org', '/api', 'shop/api has shop.org/api'],
  ['blog.org', '/other', 'blog/web has blog.org/'],
  ['x.pages.org', '/', 'blog/web has *.pages.org/'],
  ['*.names.org', '/', 'blog/web has a.names.org/'],
  ['blog.example.com', '/', 'hosts of blog.example.com belong to the application blog'],
  ['web.blog.example.com', '/', 'hosts of blog.example.com belong to the application blog'],
  ['*.blog.example.com', '/', 'hosts of blog.example.com belong to the application blog'],
  ['*.example.com', '/', 'it takes in the addresses of all applications'],
  ['api.shop.example.com', '/', 'it is the address of shop/api'],
  ['shop.example.com', '/', 'it is the address of shop/app-server'],
])('%s%s is refused, and says whose it is', (host, path, why) => {
  const problem = routeTaken(
    web,
    [
      { host: 'free.org', path: '/' },
      { host, path },
    ],
    elsewhere,
  );
  expect(problem).toMatchObject({ code: 'ROUTE_TAKEN' });
  expect(problem?.message).toBe(
    `shop/web cannot have the route ${host}${path}: ${problem?.message.split(': ')[1]}`,
  );
  expect(problem?.message).toContain(why);
});

it.each([
  ['shop.org', '/'],
  ['shop.org', '/api/v2'],
  ['api.shop.example.com', '/web'],
  ['web.shop.example.com', '/'],
  ['other.shop.example.com', '/'],
  ['example.com', '/'],
  ['pages.org', '/'],
  ['x.a.names.org', '/'],
])('%s%s is free', (host, path) => {
  expect(whyOf(host, path)).toBeUndefined();
});
