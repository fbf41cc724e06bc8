import { ANYTHING, exactly, fitsGlob, FOLDERS, type GlobPart, WITHIN_NAME } from '../glob.js';
import type { SourceTree } from '../source-tree.js';
import { type PackageJson, packageJsonOf } from './package-json.js';
import { workspaceGlobs } from './settings.js';

export interface WorkspacePackage {
  /** With its slash at the end: `packages/api/`. */
  readonly folder: string;
  readonly json: PackageJson;
}

/** As package managers know it. */
export const nameOf = ({ folder, json }: WorkspacePackage): string => json.name ?? folder.slice(0, -1);

/** No pattern that people write is longer. */
const LONGEST_GLOB = 1_000;

const INSTALLED = /(?:^|\/)node_modules\//;

/** The packages of a workspace besides its root, sorted by folder. */
export function workspacePackages(tree: SourceTree, root: PackageJson): readonly WorkspacePackage[] {
  const globs = workspaceGlobs(tree, root.workspaces)
    .filter((glob) => glob.length <= LONGEST_GLOB)
    .map((glob) => glob.replace(/^(!?)(?:\.\/)?(.*?)\/?$/, '$1$2'));
  const wanted = globs.filter((glob) => !glob.startsWith('!')).map(matcherOf);
  const unwanted = globs.filter((glob) => glob.startsWith('!')).map((glob) => matcherOf(glob.slice(1)));
  return tree.paths
    .filter((path) => path.endsWith('/package.json') && !INSTALLED.test(path))
    .map((path) => path.slice(0, -'/package.json'.length))
    .filter((folder) => wanted.some((fits) => fits(folder)) && !unwanted.some((fits) => fits(folder)))
    .flatMap((folder) => {
      const json = packageJsonOf(tree, `${folder}/`);
      return json === undefined ? [] : [{ folder: `${folder}/`, json }];
    });
}

/** `{a,b}/{c,d}` stands for four. More than so many are not looked at. */
const MOST_ALTERNATIVES = 64;

/** The innermost braces, whose parts hold no others. */
const BRACES = /\{([^{}]*)\}/;

/** `tools/{a,b}` as `tools/a` and `tools/b`; a brace without its other half stands for itself. */
function alternativesOf(glob: string): readonly string[] {
  let globs: readonly string[] = [glob];
  while (globs.length <= MOST_ALTERNATIVES && globs.some((each) => BRACES.test(each)))
    globs = globs.flatMap((each) => {
      const inner = BRACES.exec(each)?.[1];
      return inner === undefined
        ? [each]
        : inner.split(',', MOST_ALTERNATIVES).map((part) => each.replace(BRACES, () => part));
    });
  return globs.slice(0, MOST_ALTERNATIVES);
}

const TOKENS = /\*\*\/|\*\*|\*|[^]/gu;

const partsOf = (glob: string): readonly GlobPart[] =>
  (glob.match(TOKENS) ?? []).map((token) => {
    if (token === '**/') return FOLDERS;
    if (token === '**') return ANYTHING;
    return token === '*' ? WITHIN_NAME : exactly(token);
  });

/** `packages/*`, `apps/**`, `{a,b}/*`. `apps/**` is `apps` too. */
function matcherOf(glob: string): (folder: string) => boolean {
  const all = alternativesOf(glob)
    .flatMap((each) => (each.endsWith('/**') ? [each, each.slice(0, -'/**'.length)] : [each]))
    .map(partsOf);
  return (folder) => all.some((parts) => fitsGlob(parts, folder));
}
