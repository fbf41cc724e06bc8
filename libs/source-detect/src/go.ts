import type { ServiceConfig } from '#libs/contracts';
import { hasFile, type SourceTree } from './source-tree.js';

interface GoBuild {
  readonly build: readonly string[];
  readonly command: readonly string[];
  /** The file of the program. */
  readonly by: string;
}

/** How the only program of a module of Go is built; undefined where config.json says it, or several could be meant. */
export function goBuildOf(
  tree: SourceTree,
  { install, build, command }: Pick<ServiceConfig, 'install' | 'build' | 'command'>,
): GoBuild | undefined {
  if (install !== undefined || build !== undefined || !hasFile(tree, 'go.mod')) return undefined;
  const main = mainOf(tree);
  const wanted = command ?? ['./bin/server'];
  const output = /^\.\/([\w.-]+(?:\/[\w.-]+)*)$/.exec(wanted[0] ?? '')?.[1];
  const isThere = output === undefined || tree.paths.some((path) => `${path}/`.startsWith(`${output}/`));
  if (main === undefined || isThere) return undefined;
  return { build: ['go', 'build', '-o', output, main.folder], command: wanted, by: main.file };
}

/** At the root, else the only one below `cmd`. */
function mainOf(tree: SourceTree): { readonly folder: string; readonly file: string } | undefined {
  const files = tree.paths.filter(
    (path) =>
      path.endsWith('.go') && !path.endsWith('_test.go') && /^package main\b/m.test(tree.text(path) ?? ''),
  );
  const atRoot = files.find((path) => !path.includes('/'));
  if (atRoot !== undefined) return { folder: '.', file: atRoot };
  const below = files.filter((path) => /^cmd\/[^/]+\/[^/]+$/.test(path));
  const folders = new Set(below.map((path) => path.slice(0, path.lastIndexOf('/'))));
  const [file] = below;
  const [folder] = folders;
  return file === undefined || folders.size !== 1 ? undefined : { folder: `./${folder}`, file };
}
