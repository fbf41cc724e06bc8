import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { treeOf } from '../source-tree.js';
import { nodePlan } from './node.js';

const root = { scripts: { start: 'node .' }, dependencies: { koa: '^2.0.0', cors: '2.8.5' } };
const KOA = { version: '2.16.2' };
const CORS = { version: '2.8.5' };

const planned = (lock: string | object, json: object = {}, config: object = {}, name = 'package-lock.json') =>
  nodePlan(
    treeOf({
      'package.json': JSON.stringify({ ...root, ...json }),
      [name]: typeof lock === 'string' ? lock : JSON.stringify(lock),
    }),
    parseServiceConfig(JSON.stringify({ port: 8080, ...config })),
    [],
  );

const lockOf = (packages: Readonly<Record<string, object>>): object => ({
  lockfileVersion: 3,
  packages: {
    '': {},
    ...Object.fromEntries(Object.entries(packages).map(([name, one]) => [`node_modules/${name}`, one])),
  },
});

describe('a package-lock.json out of step was found out in the middle of the build', () => {
  it.each<readonly [string, object, string]>([
    ['lacks a package', lockOf({ koa: KOA }), 'package-lock.json lacks cors, which package.json depends on'],
    ['of format 1', { lockfileVersion: 1, dependencies: { koa: KOA } }, 'lacks cors'],
    [
      'has another version',
      lockOf({ koa: { version: '3.0.0' }, cors: CORS }),
      'has koa 3.0.0, and package.json wants ^2.0.0',
    ],
  ])('one that %s is refused before it', (_, lock, why) => {
    expect(() => planned(lock)).toThrow('config.json: install: package-lock.json');
    expect(() => planned(lock)).toThrow(why);
  });

  it.each<readonly [string, string | object, object, object]>([
    ['it fits', lockOf({ koa: KOA, cors: CORS }), {}, {}],
    [
      'versions are overridden',
      lockOf({ koa: { version: '3.0.0' }, cors: CORS }),
      { overrides: { koa: '3' } },
      {},
    ],
    ['a package is one of the source', lockOf({ koa: { link: true }, cors: CORS }), {}, {}],
    ['nobody can read it', 'not JSON', {}, {}],
    ['config.json installs', lockOf({ koa: KOA }), {}, { install: 'npm install' }],
  ])('it is used where %s', (_, lock, json, config) => {
    expect(planned(lock, json, config).command).toEqual(['node', '.']);
  });
});

it.each([
  ['package-lock.json', '{"packages":{"a":{"resolved":"http://localhost:4873/a.tgz"}}}'],
  ['yarn.lock', '# yarn lockfile v1\nkoa@^2:\n  resolved "http://127.0.0.1:4873/koa.tgz"\n'],
])('packages of a registry on localhost were asked for until the build timed out: %s', (name, lock) => {
  expect(() => planned(lock, {}, {}, name)).toThrow(
    `config.json: install: ${name} names packages of a registry on localhost, which no build reaches`,
  );
});
