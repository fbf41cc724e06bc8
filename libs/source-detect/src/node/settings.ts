import { parse } from 'yaml';
import type { SourceTree } from '../source-tree.js';
import { stringsOf, textsOf } from './package-json.js';

/** People write some KiB. Its parser takes seconds for more, and minutes for brackets within brackets. */
const LONGEST_SETTINGS = 32_768;
const DEEPEST_SETTINGS = 10;

/** A file of settings that cannot be read is left to the tool that it belongs to: it says what is wrong with it. */
function settingsOf(tree: SourceTree, path: string): Readonly<Record<string, unknown>> {
  const text = tree.text(path) ?? '';
  if (text.length > LONGEST_SETTINGS || isDeep(text)) return {};
  try {
    const root: unknown = parse(text);
    return typeof root === 'object' && root !== null ? (root as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** Brackets within brackets, or lists within lists on one line. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > DEEPEST_SETTINGS) return true;
  }
  return new RegExp(`(?:[-?:][ \t]+){${DEEPEST_SETTINGS}}`).test(text);
}

export const pnpmSettings = (tree: SourceTree): Readonly<Record<string, unknown>> =>
  settingsOf(tree, 'pnpm-workspace.yaml');

export interface YarnSettings {
  readonly yarnPath?: string;
  /** Yarn's own way without a node_modules, unless .yarnrc.yml names another. */
  readonly nodeLinker?: string;
  readonly plugins: readonly string[];
}

/** Settings of yarn 2 and later. */
export function yarnSettings(tree: SourceTree): YarnSettings {
  const { yarnPath, nodeLinker, plugins } = settingsOf(tree, '.yarnrc.yml');
  return {
    ...(typeof yarnPath === 'string' && { yarnPath }),
    ...(typeof nodeLinker === 'string' && { nodeLinker }),
    plugins: Array.isArray(plugins) ? plugins.map((plugin) => JSON.stringify(plugin)) : [],
  };
}

/** Files that change packages, as pnpm-workspace.yaml names them. */
export const pnpmPatches = (tree: SourceTree): readonly string[] =>
  Object.values(textsOf(pnpmSettings(tree)['patchedDependencies']));

/** The folders of a workspace's packages, as its root names them. */
export const workspaceGlobs = (tree: SourceTree, ofPackageJson: readonly string[]): readonly string[] => [
  ...ofPackageJson,
  ...stringsOf(pnpmSettings(tree)['packages']),
];
