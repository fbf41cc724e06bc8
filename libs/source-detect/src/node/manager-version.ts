import { hasFile, type SourceTree } from '../source-tree.js';
import type { PackageJson } from './package-json.js';
import { pnpmSettings, yarnSettings } from './settings.js';

export type ManagerName = 'npm' | 'pnpm' | 'yarn' | 'bun';

export interface ManagerVersion {
  /** Undefined for npm: the base image's reads every lock file that npm ever wrote. */
  readonly exact?: string;
  /** As it is told: the major alone where the source says no more. */
  readonly said?: string;
  /** What says it, where that is not the lock file. */
  readonly by?: string;
}

/** Pinned, so that the same source is the same image: the last of each major, where the source names no version. */
const PINNED: Readonly<Record<string, string>> = {
  'pnpm 7': '7.33.7',
  'pnpm 8': '8.15.9',
  'pnpm 9': '9.15.9',
  'pnpm 10': '10.34.9',
  'pnpm 11': '11.28.11',
  'pnpm 12': '12.21.0',
  'yarn 1': '1.22.22',
  'yarn 2': '2.4.2',
  'yarn 3': '3.8.7',
  'yarn 4': '4.18.1',
  'bun 1': '1.4.5',
};

/** By the format of its lock file the last yarn that writes it: any other would have to write it anew. */
const YARN_BY_FORMAT: Readonly<Record<string, string>> = {
  4: '2.4.2',
  5: '3.1.1',
  6: '3.8.7',
  8: '4.13.0',
  9: '4.14.1',
  10: '4.18.1',
};

const EXACT = /^(\d+)\.\d+\.\d+(?:-[\w.]+)?$/;

const pinned = (name: ManagerName, major: string): ManagerVersion => ({
  exact: PINNED[`${name} ${major}`],
  said: major,
});

const exactly = (version: string | undefined, by: string): ManagerVersion | undefined =>
  version !== undefined && EXACT.test(version) ? { exact: version, said: version, by } : undefined;

/** Which version of the tool is installed for the source. */
export function managerVersion(tree: SourceTree, root: PackageJson, name: ManagerName): ManagerVersion {
  if (name === 'npm') return {};
  const [tool, named] = (root.packageManager ?? '').split('+')[0]?.split('@') ?? [];
  const wanted = root.wantedManager['name'] === name ? root.wantedManager['version'] : undefined;
  return (
    exactly(tool === name ? named : undefined, 'packageManager of package.json') ??
    exactly(wanted, 'devEngines of package.json') ??
    exactly(root.engines[name], 'engines of package.json') ??
    exactly(root.volta[name], 'volta of package.json') ??
    inMajor(name, wanted, 'devEngines of package.json') ??
    inMajor(name, name === 'pnpm' ? root.engines[name] : undefined, 'engines of package.json') ??
    BY_SOURCE[name](tree)
  );
}

/** Of a range, its lowest major: `>=10` is 10. pnpm refuses a source whose engines name another one. */
function inMajor(name: ManagerName, range: string | undefined, by: string): ManagerVersion | undefined {
  const major = /\d+/.exec(range ?? '')?.[0] ?? '';
  return Object.hasOwn(PINNED, `${name} ${major}`) ? { ...pinned(name, major), by } : undefined;
}

const BY_SOURCE: Readonly<Record<Exclude<ManagerName, 'npm'>, (tree: SourceTree) => ManagerVersion>> = {
  pnpm: (tree) => pinned('pnpm', pnpmMajor(tree)),
  yarn: (tree) => yarnRelease(tree) ?? yarnOfLock(tree),
  bun: (tree) => exactly(tree.text('.bun-version')?.trim(), '.bun-version') ?? pinned('bun', '1'),
};

/**
 * By the format of the lock file. Format 9 is written by pnpm 9 and by all later ones: settings in
 * pnpm-workspace.yaml, which the lock file repeats, are read from pnpm 10 on.
 */
function pnpmMajor(tree: SourceTree): string {
  const format = /^lockfileVersion:\s*['"]?(\d+)\./m.exec(tree.text('pnpm-lock.yaml') ?? '')?.[1];
  if (format === '5') return '7';
  if (format === '6') return '8';
  const isNew = Object.keys(pnpmSettings(tree)).some((name) => !SETTINGS_OF_9.has(name));
  return isNew || format === undefined ? '10' : '9';
}

const SETTINGS_OF_9: ReadonlySet<string> = new Set(['packages', 'catalog', 'catalogs']);

/** The release that the source brings: `.yarn/releases/yarn-3.6.1.cjs`. */
function yarnRelease(tree: SourceTree): ManagerVersion | undefined {
  const path = yarnSettings(tree).yarnPath;
  return exactly(/yarn-(\d+\.\d+\.\d+[\w.-]*?)\.c?js$/.exec(path ?? '')?.[1], '.yarnrc.yml');
}

function yarnOfLock(tree: SourceTree): ManagerVersion {
  const lock = tree.text('yarn.lock') ?? '';
  const format = /^__metadata:\s*\n\s+version:\s*['"]?(\d+)/m.exec(lock)?.[1];
  if (format === undefined)
    return pinned('yarn', hasFile(tree, '.yarnrc.yml') && lock.trim() === '' ? '4' : '1');
  const exact = YARN_BY_FORMAT[format];
  return exact === undefined ? pinned('yarn', '4') : { exact, said: exact.split('.')[0] };
}
