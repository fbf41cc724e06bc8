import type { SourceTree } from '../source-tree.js';
import { type PackageJson, packageJsonOf } from './package-json.js';
import { workspaceGlobs } from './settings.js';

export interface WorkspacePackage {
  /** With its slash at the end: `packages/api/`. */
  readonly folder: string;
  readonly json: PackageJson;
}

const INSTALLED = /(?:^|\/)node_modules\//;

/** The packages of a workspace besides its root, sorted by folder. */
export function workspacePackages(tree: SourceTree, root: PackageJson): readonly WorkspacePackage[] {
  const globs = workspaceGlobs(tree, root.workspaces).map((glob) =>
    glob.replace(/^(!?)(?:\.\/)?(.*?)\/?$/, '$1$2'),
  );
  const wanted = globs.filter((glob) => !glob.startsWith('!')).map(patternOf);
  const unwanted = globs.filter((glob) => glob.startsWith('!')).map((glob) => patternOf(glob.slice(1)));
  return tree.paths
    .filter((path) => path.endsWith('/package.json') && !INSTALLED.test(path))
    .map((path) => path.slice(0, -'/package.json'.length))
    .filter(
      (folder) => wanted.some((glob) => glob.test(folder)) && !unwanted.some((glob) => glob.test(folder)),
    )
    .flatMap((folder) => {
      const json = packageJsonOf(tree, `${folder}/`);
      return json === undefined ? [] : [{ folder: `${folder}/`, json }];
    });
}

const PARTS: Readonly<Record<string, string>> = {
  '/**': '(?:/.+)?',
  '**/': '(?:.+/)?',
  '**': '.*',
  '*': '[^/]*',
  '{': '(?:',
  '}': ')',
  ',': '|',
};

/** `packages/*`, `apps/**`, `{a,b}/*`. */
function patternOf(glob: string): RegExp {
  const source = glob.replaceAll(
    /\/\*\*$|\*\*\/|\*\*|[*{},]|[.+?^$()|[\]\\]/g,
    (part) => PARTS[part] ?? `\\${part}`,
  );
  return new RegExp(`^${source}$`);
}
