import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { findingsText, type StepsPlan } from '../build-plan.js';
import { SourceRefusal } from '../refusal.js';
import { treeOf } from '../source-tree.js';
import { nodeBuild, nodePlan } from './node.js';

type Files = Readonly<Record<string, string>>;

const treeWith = (json: object, files: Files = {}) =>
  treeOf({ 'package.json': JSON.stringify(json), ...files });
const configOf = (config: object) => parseServiceConfig(JSON.stringify({ port: 8080, ...config }));
const planned = (json: object, files?: Files, config: object = {}): StepsPlan =>
  nodePlan(treeWith(json, files), configOf(config), [{ what: 'node', by: 'package.json' }]);
const explained = (...args: Parameters<typeof planned>): string => findingsText(planned(...args).found);

function refusalOf(...args: Parameters<typeof planned>): SourceRefusal {
  try {
    planned(...args);
  } catch (error) {
    if (error instanceof SourceRefusal) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const npmLock = { 'package-lock.json': '' };
const start = { scripts: { start: 'node server.js' } };

describe('a source of Node.js', () => {
  it('is explained from its manifests to its start', () => {
    const json = { ...start, packageManager: 'pnpm@9.1.0+sha512.abc', engines: { node: '>=20' } };
    const files = { 'pnpm-lock.yaml': "lockfileVersion: '9.0'", 'server.js': '' };
    expect(explained(json, files)).toBe(
      'node, by package.json; version >=20, by engines of package.json; pnpm 9.1.0, by packageManager of package.json and pnpm-lock.yaml; starts with `node server.js`, by start of package.json',
    );
  });

  it('is explained with its build and what it leaves out', () => {
    const json = {
      scripts: { build: 'tsc', start: 'node dist/index.js', prepare: 'husky', postinstall: 'node make.js' },
      devDependencies: { typescript: '5.9.3' },
    };
    expect(explained(json, npmLock)).toBe(
      'node, by package.json; npm, by package-lock.json; hooks of git are not installed: prepare is left out, by package.json; installed with the whole source for its script postinstall, by package.json; built with `npm run build`, by build of package.json; starts with `node dist/index.js`, by start of package.json',
    );
  });

  it('takes what config.json says', () => {
    const json = { ...start, scripts: { ...start.scripts, build: 'tsc' }, engines: { node: '18' } };
    const config = { version: '24', install: 'npm ci', build: 'npx tsc', command: 'node x.js' };
    const plan = planned(json, npmLock, config);
    expect(plan).toMatchObject({
      base: { runtime: 'node', version: { text: '24', by: 'config.json' } },
      installNeedsSource: true,
      install: [{ argv: ['npm', 'ci'] }],
      build: [{ argv: ['npx', 'tsc'] }],
      prune: [],
      command: ['node', 'x.js'],
    });
  });

  it('keeps development dependencies that start it, and says so', () => {
    const json = {
      scripts: { start: 'tsx src/server.ts', build: 'tsc' },
      devDependencies: { tsx: '4.20.6' },
    };
    expect(planned(json, npmLock)).toMatchObject({
      prune: [],
      install: [{ argv: ['npm', 'ci', '--include=dev'] }],
    });
    expect(explained(json, npmLock)).toContain(
      'development dependencies stay, for tsx starts the service, by package.json',
    );
    const preloaded = {
      scripts: { start: 'node -r dotenv/config server.js' },
      devDependencies: { dotenv: '17.2.3' },
    };
    expect(planned(preloaded, npmLock).install).toEqual([
      { argv: ['npm', 'ci', '--include=dev'], cache: '/root/.npm' },
    ]);
  });

  it('has the steps of its build alone where only its files are served', () => {
    const json = { scripts: { build: 'vite build' }, devDependencies: { vite: '7.1.9' } };
    const plan = nodeBuild(treeWith(json, npmLock), configOf({}), []);
    expect(plan).toMatchObject({ build: [{ argv: ['npm', 'run', 'build'] }], prune: [], runEnv: {} });
    expect(plan.install).toEqual([{ argv: ['npm', 'ci', '--include=dev'], cache: '/root/.npm' }]);
    expect(plan.command).toBeUndefined();
  });

  it('copies the manifests of a workspace, and not those of what is no part of it', () => {
    const json = { ...start, workspaces: { packages: ['packages/*', '!packages/old', 'tools/{a,b}'] } };
    const files = Object.fromEntries(
      ['packages/api', 'packages/old', 'packages/api/node_modules/x', 'tools/a', 'tools/c'].map((folder) => [
        `${folder}/package.json`,
        '{}',
      ]),
    );
    expect(planned(json, { ...files, ...npmLock }).manifests).toEqual([
      'package.json',
      'package-lock.json',
      'packages/api/package.json',
      'tools/a/package.json',
    ]);
  });
});

describe('the folders of a workspace', () => {
  const foldersBy = (workspaces: readonly string[], ...folders: readonly string[]): readonly string[] => {
    const files = Object.fromEntries(folders.map((folder) => [`${folder}/package.json`, '{}']));
    const { manifests } = planned({ ...start, workspaces }, { ...files, ...npmLock });
    return manifests.filter((path) => path.includes('/')).map((path) => path.replace('/package.json', ''));
  };

  it.each<readonly [string, readonly string[]]>([
    ['apps/*', ['apps/a']],
    ['./apps/*/', ['apps/a']],
    ['apps/**', ['apps/a/b', 'apps/a']],
    ['**/b', ['apps/a/b']],
    ['{apps,libs}/{a,x}', ['apps/a', 'libs/x']],
    ['{apps/{a,z},libs/x}', ['apps/a', 'libs/x']],
    ['libs/x,y', ['libs/x,y']],
  ])('%s', (glob, found) => {
    expect(foldersBy([glob], 'apps/a', 'apps/a/b', 'libs/x', 'libs/x,y')).toEqual(found);
  });

  it('a brace without its other half ended the task with an internal error', () => {
    expect(foldersBy(['packages/{a', 'b}', '*'], 'packages/{a', 'x')).toEqual(['packages/{a', 'x']);
  });

  it('a pattern of many stars, or many braces, stopped the deployer', () => {
    const name = 'a'.repeat(200);
    const hostile = [`${'*a'.repeat(20)}b`, '{a,b}'.repeat(150), `{${','.repeat(500)}}`, '{'.repeat(900_000)];
    expect(foldersBy([...hostile, 'x'], name, 'x')).toEqual(['x']);
  });

  it('settings with brackets in brackets stopped the deployer', () => {
    for (const nested of ['[', '{', '{a: ', '- ', '? '].map((text) => text.repeat(5_000))) {
      const files = { 'pnpm-workspace.yaml': nested, 'pnpm-lock.yaml': "lockfileVersion: '9.0'\n" };
      expect(planned(start, files).manifests).toEqual([
        'package.json',
        'pnpm-lock.yaml',
        'pnpm-workspace.yaml',
      ]);
    }
  });
});

describe('a source of Node.js that cannot be started', () => {
  it('names the packages of its workspace that can', () => {
    const files = {
      ...npmLock,
      'apps/web/package.json': '{"name":"web","scripts":{"start":"node ."}}',
      'apps/admin/package.json': '{"name":"admin","scripts":{"start":"node ."}}',
      'apps/ui/package.json': '{"name":"ui"}',
    };
    const { field, message, hint } = refusalOf({ workspaces: ['apps/*'] }, files);
    expect(field).toBe('command');
    expect(message).toBe('config.json: command: the root of the workspace starts nothing; admin, web do');
    expect(hint).toBe(
      'Name the package to start. In config.json that is a line such as "command": "npm run start --workspace admin".',
    );
  });

  it.each<readonly [string, object, Files, string, RegExp]>([
    [
      'has nothing to start',
      { main: 'index.js' },
      {},
      'command',
      /no script start and no main that is there/,
    ],
    [
      'serves for development only',
      { scripts: { start: 'nest start' } },
      {},
      'command',
      /for development only/,
    ],
    ['is a site', { devDependencies: { vite: '7' } }, { 'src/main.js': '' }, 'runtime', /a site by vite/],
    ['lacks an adapter', { devDependencies: { '@sveltejs/kit': '2' } }, {}, 'command', /no adapter/],
  ])('%s', (_, json, files, field, why) => {
    const refusal = refusalOf(json, { ...npmLock, ...files });
    expect(refusal.field).toBe(field);
    expect(refusal.message).toMatch(why);
  });

  it('has a package.json that is no JSON, of which nothing is told', () => {
    const tree = treeOf({ 'package.json': '{"token":"s3cret"' });
    expect(() => nodePlan(tree, configOf({}), [])).toThrow(
      /^config\.json: runtime: package\.json is not a JSON object$/,
    );
  });
});

it('keeps the tool of its release command, which pruning would take', () => {
  const json = {
    ...start,
    scripts: { ...start.scripts, build: 'tsc' },
    devDependencies: { prisma: '6.0.0', typescript: '5.0.0' },
  };
  const release = 'npx prisma migrate deploy';
  expect(planned(json, npmLock).prune).toHaveLength(1);
  expect(planned(json, npmLock, { release }).prune).toEqual([]);
  expect(explained(json, npmLock, { release })).toContain(
    'development dependencies stay, for prisma is used by the release command, by config.json',
  );
});
