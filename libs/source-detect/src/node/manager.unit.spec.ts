import { describe, expect, it } from 'vitest';
import { findingsText } from '../build-plan.js';
import { treeOf } from '../source-tree.js';
import { managerOf } from './manager.js';
import { packageJsonOf } from './package-json.js';

type Files = Readonly<Record<string, string>>;

function managed(json: object, files: Files) {
  const tree = treeOf({ 'package.json': JSON.stringify(json), ...files });
  const root = packageJsonOf(tree);
  if (root === undefined) throw new Error('no package.json');
  return managerOf(tree, root);
}

const berry = (format: number, settings: Files = {}): Files => ({
  'yarn.lock': `__metadata:\n  version: ${format}\n  cacheKey: 10c0\n`,
  ...settings,
});
const pnpm = (format: string, settings: Files = {}): Files => ({
  'pnpm-lock.yaml': `lockfileVersion: ${format}\n`,
  ...settings,
});

describe('the package manager', () => {
  const cases: readonly (readonly [told: string, version: string | undefined, json: object, files: Files])[] =
    [
      ['npm, by package-lock.json', undefined, {}, { 'package-lock.json': '' }],
      ['npm, by npm-shrinkwrap.json', undefined, {}, { 'npm-shrinkwrap.json': '' }],
      ['npm without a lock file, by package.json', undefined, {}, {}],
      ['pnpm 7, by pnpm-lock.yaml', '7.33.7', {}, pnpm('5.4')],
      ['pnpm 8, by pnpm-lock.yaml', '8.15.9', {}, pnpm("'6.0'")],
      ['pnpm 9, by pnpm-lock.yaml', '9.15.9', {}, pnpm("'9.0'", { 'pnpm-workspace.yaml': 'packages: [a]' })],
      [
        'pnpm 10, by pnpm-lock.yaml',
        '10.34.9',
        {},
        pnpm("'9.0'", { 'pnpm-workspace.yaml': 'overrides: {a: 1.0.0}' }),
      ],
      [
        'pnpm 10 without a lock file, by pnpm-workspace.yaml',
        '10.34.9',
        {},
        { 'pnpm-workspace.yaml': 'packages: [a]' },
      ],
      [
        'pnpm 10, by engines of package.json and pnpm-lock.yaml',
        '10.34.9',
        { engines: { pnpm: '>=10' } },
        pnpm("'9.0'"),
      ],
      [
        'pnpm 8.6.0, by packageManager of package.json and pnpm-lock.yaml',
        '8.6.0',
        { packageManager: 'pnpm@8.6.0+sha256.0' },
        pnpm("'6.0'"),
      ],
      [
        'pnpm 12, by devEngines of package.json and pnpm-lock.yaml',
        '12.21.0',
        { devEngines: { packageManager: { name: 'pnpm', version: '^12.0.0' } } },
        pnpm("'9.0'"),
      ],
      ['yarn 1, by yarn.lock', '1.22.22', {}, { 'yarn.lock': '# yarn lockfile v1\n' }],
      ['yarn 2, by yarn.lock', '2.4.2', {}, berry(4)],
      ['yarn 3, by yarn.lock', '3.8.7', {}, berry(6)],
      ['yarn 4, by yarn.lock', '4.13.0', {}, berry(8)],
      ['yarn 4, by yarn.lock', '4.18.1', {}, berry(10)],
      [
        'yarn 3.6.1, by .yarnrc.yml and yarn.lock',
        '3.6.1',
        {},
        berry(6, { '.yarnrc.yml': 'yarnPath: .yarn/releases/yarn-3.6.1.cjs' }),
      ],
      ['yarn 4 without a lock file, by .yarnrc.yml', '4.18.1', {}, { '.yarnrc.yml': '' }],
      ['bun 1, by bun.lock', '1.4.5', {}, { 'bun.lock': '{}' }],
      [
        'bun 1.2.20, by .bun-version and bun.lockb',
        '1.2.20',
        {},
        { 'bun.lockb': '', '.bun-version': '1.2.20\n' },
      ],
    ];
  for (const [told, version, json, files] of cases)
    it(`is told as: ${told}`, () => {
      const manager = managed(json, files);
      expect(findingsText([manager.found])).toBe(told);
      expect(manager.version).toBe(version);
    });

  it('is of several lock files the one that package.json names, and says which is not used', () => {
    const files = { ...pnpm("'9.0'"), 'package-lock.json': '' };
    expect(findingsText([managed({}, files).found])).toBe(
      'pnpm 9, by pnpm-lock.yaml (package-lock.json not used)',
    );
    expect(findingsText([managed({ packageManager: 'npm@11.0.0' }, files).found])).toBe(
      'npm, by packageManager of package.json and package-lock.json (pnpm-lock.yaml not used)',
    );
  });

  it('is the one whose lock file is there, although package.json names another', () => {
    const { name, found } = managed({ packageManager: 'yarn@1.22.22' }, { 'package-lock.json': '' });
    expect(name).toBe('npm');
    expect(findingsText([found])).toBe(
      'npm, by package-lock.json (packageManager of package.json names yarn, whose lock file is missing)',
    );
  });
});
