import { describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { findingsText, type Step, type StepsPlan } from '../build-plan.js';
import { treeOf } from '../source-tree.js';
import { nodePlan } from './node.js';

type Files = Readonly<Record<string, string>>;

const config = parseServiceConfig('{"port":8080}');
const npmLock: Files = { 'package-lock.json': '' };
const berry: Files = {
  'yarn.lock': '__metadata:\n  version: 8\n',
  '.yarnrc.yml': 'nodeLinker: node-modules',
};

function planned(scripts: object, files: Files = npmLock, more: object = {}): StepsPlan {
  const json = { scripts: { start: 'node server.js', ...scripts }, devDependencies: { a: '1' }, ...more };
  return nodePlan(treeOf({ 'package.json': JSON.stringify(json), ...files }), config, []);
}

const argvs = (steps: readonly Step[]): readonly string[] => steps.map(({ argv }) => argv.join(' '));

describe('scripts of the installation', () => {
  it.each([
    ['husky'],
    ['husky install .config/husky || true'],
    ['is-ci || husky install'],
    ['lefthook install'],
    ['simple-git-hooks'],
  ])('"%s" is left out: an image has no use for hooks of git', (prepare) => {
    const plan = planned({ prepare });
    expect(argvs(plan.install)).toEqual(['npm pkg delete scripts.prepare', 'npm ci --omit=dev']);
    expect(findingsText(plan.found)).toContain('hooks of git are not installed: prepare is left out');
  });

  it.each([['patch-package'], ['npx only-allow npm'], ['husky && patch-package']])(
    '"%s" runs with its tools, and needs no more than the manifests',
    (postinstall) => {
      const plan = planned({ postinstall }, { ...npmLock, 'patches/a+1.0.0.patch': '' });
      expect(plan.installNeedsSource).toBe(false);
      expect(plan.manifests).toContain('patches/a+1.0.0.patch');
      expect(argvs(plan.install)).toEqual(['npm ci --include=dev']);
      expect(argvs(plan.prune)).toEqual(['npm prune --omit=dev --ignore-scripts']);
    },
  );

  it.each([
    ['postinstall', 'prisma generate'],
    ['prepare', 'npm run build'],
    ['preinstall', 'node check.js'],
    ['install', 'node-gyp rebuild'],
  ])('%s: "%s" has the source', (name, script) => {
    const plan = planned({ [name]: script });
    expect(plan.installNeedsSource).toBe(true);
    expect(findingsText(plan.found)).toContain(`installed with the whole source for its script ${name}`);
  });

  it('of a package of the workspace have the source too', () => {
    const files = { ...npmLock, 'libs/a/package.json': '{"scripts":{"prepare":"tsc"}}' };
    const plan = planned({}, files, { workspaces: ['libs/*'] });
    expect(plan.installNeedsSource).toBe(true);
    expect(findingsText(plan.found)).toContain('for its script prepare, by libs/a/package.json');
  });
});

describe('an installation that reads folders of the source', () => {
  it.each<readonly [string, object, Files]>([
    ['a dependency in a folder', { dependencies: { units: 'file:./lib/units' } }, {}],
    ['a link', { devDependencies: { units: 'link:../units' } }, {}],
    ['a native module', {}, { 'binding.gyp': '{}' }],
    ['archives of packages', {}, { '.yarn/cache/a.zip': '' }],
  ])('has the source for %s', (_, more, files) => {
    expect(planned({}, { ...npmLock, ...files }, more).installNeedsSource).toBe(true);
  });
});

it.each<readonly [string, object, Files]>([
  ['package.json of pnpm 9', { pnpm: { patchedDependencies: { 'a@1': './fixes/a.patch' } } }, {}],
  ['package.json of bun', { patchedDependencies: { 'a@1': 'fixes/a.patch' } }, {}],
  ['pnpm-workspace.yaml', {}, { 'pnpm-workspace.yaml': 'patchedDependencies:\n  a@1: fixes/a.patch\n' }],
])('a patch outside of patches/ was not there when %s asked for it', (_, more, files) => {
  const plan = planned({}, { 'pnpm-lock.yaml': '', 'fixes/a.patch': '', ...files }, more);
  expect(plan.manifests).toContain('fixes/a.patch');
});

describe('what is pruned', () => {
  it('by yarn 4 runs no script again, for it cannot be told to leave them', () => {
    expect(argvs(planned({ postinstall: 'node make.js' }, berry).prune)).toEqual([
      'npm pkg delete scripts.postinstall',
      'yarn workspaces focus --all --production',
    ]);
  });

  it('is nothing by yarn 3 without its plugin', () => {
    const lock = { 'yarn.lock': '__metadata:\n  version: 6\n' };
    const settings =
      'nodeLinker: node-modules\nplugins:\n  - path: .yarn/plugins/plugin-workspace-tools.cjs\n';
    expect(planned({ build: 'tsc' }, { ...berry, ...lock }).prune).toEqual([]);
    expect(argvs(planned({ build: 'tsc' }, { ...lock, '.yarnrc.yml': settings }).prune)).toEqual([
      'yarn workspaces focus --all --production',
    ]);
  });

  it('by pnpm in a workspace is an installation: prune took the dependencies of its packages', () => {
    const files = {
      'pnpm-lock.yaml': "lockfileVersion: '9.0'",
      'pnpm-workspace.yaml': 'packages: [apps/*]',
      'apps/api/package.json': '{}',
    };
    expect(argvs(planned({ build: 'pnpm -r build' }, files).prune)).toEqual([
      'env CI=true pnpm install --frozen-lockfile --prod --ignore-scripts',
    ]);
  });

  it('by bun is installed anew', () => {
    expect(argvs(planned({ build: 'tsc' }, { 'bun.lock': '{}' }).prune)).toEqual([
      'rm -rf node_modules',
      'bun install --frozen-lockfile --production',
    ]);
  });

  it('by yarn leaves what Prisma generated', () => {
    const client = { dependencies: { '@prisma/client': '6' } };
    const plan = planned({ postinstall: 'prisma generate' }, { 'yarn.lock': '' }, client);
    expect(plan.prune).toEqual([]);
    expect(findingsText(plan.found)).toContain('development dependencies stay, for their removal would take');
  });
});
