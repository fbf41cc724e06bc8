import { presentOf, type SourceTree } from '../source-tree.js';
import { LOCK_FILES } from './manager.js';
import type { PackageJson } from './package-json.js';
import { pnpmPatches } from './settings.js';
import type { WorkspacePackage } from './workspaces.js';

const AT_ROOT = [
  'package.json',
  ...LOCK_FILES,
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.pnpmfile.cjs',
  '.pnpmfile.mjs',
  'pnpm-workspace.yaml',
  'bunfig.toml',
];

/** Folders that an installation reads: patches of packages, and yarn itself. */
const IN_FOLDERS = /^(?:patches|\.yarn\/(?:patches|plugins|releases))\//;

/** What an installation reads. */
export function manifestsOf(
  tree: SourceTree,
  root: PackageJson,
  packages: readonly WorkspacePackage[],
): readonly string[] {
  const patches = [...root.patches, ...pnpmPatches(tree)].map((path) => path.replace(/^\.\//, ''));
  const all = [
    ...presentOf(tree, AT_ROOT),
    ...tree.paths.filter((path) => IN_FOLDERS.test(path)),
    ...presentOf(tree, patches),
    ...packages.flatMap(({ folder }) => presentOf(tree, [`${folder}package.json`, `${folder}.npmrc`])),
  ];
  return [...new Set(all)];
}
