import { hasFile, presentOf, type SourceTree } from '../source-tree.js';
import type { PackageJson } from './package-json.js';
import { START_SCRIPTS } from './served.js';

export interface Entry {
  readonly path: string;
  readonly by: string;
}

const NAMES = ['server', 'index', 'app', 'main'];
const FOLDERS = ['', 'src/', 'dist/', 'build/'];
const ENDINGS = ['.js', '.mjs', '.cjs'];
const FILES = FOLDERS.flatMap((folder) =>
  NAMES.flatMap((name) => ENDINGS.map((ending) => `${folder}${name}${ending}`)),
);
const typed = (folder: string): readonly string[] => NAMES.map((name) => `${folder}${name}.ts`);

/** Folders that a build fills: what lies there may not be in the source. */
const BUILT = /^(?:dist|build|lib|out|output|\.output)\//;

interface Circumstances {
  readonly root?: PackageJson;
  readonly isBuilt: boolean;
  /** Bun runs TypeScript as it is. */
  readonly runsTypeScript: boolean;
}

/** The file that starts a service: `main`, else one of the usual names. */
export function entryOf(
  tree: SourceTree,
  { root, isBuilt, runsTypeScript }: Circumstances,
): Entry | undefined {
  const mains = [
    { path: root?.main, by: 'main of package.json' },
    { path: runsTypeScript ? root?.module : undefined, by: 'module of package.json' },
  ];
  for (const { path: main, by } of mains) {
    const found = main === undefined ? undefined : mainFile(tree, main.replace(/^\.\//, ''), isBuilt);
    if (found !== undefined) return { path: found, by };
  }
  const compiled = isBuilt ? compiledEntry(tree) : undefined;
  if (compiled !== undefined) return compiled;
  const [path] = presentOf(tree, runsTypeScript ? [...typed(''), ...typed('src/'), ...FILES] : FILES);
  return path === undefined ? undefined : { path, by: path };
}

/** As Node.js looks for it; a file that only a build makes is taken at its word. */
function mainFile(tree: SourceTree, main: string, isBuilt: boolean): string | undefined {
  const file = [main, `${main}.js`, `${main}/index.js`].find((each) => hasFile(tree, each));
  return file ?? (isBuilt && BUILT.test(main) ? main : undefined);
}

/** Without its comments; empty where there is none. */
const tsconfigOf = (tree: SourceTree): string =>
  (tree.text('tsconfig.json') ?? '').replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');

const outDirOf = (tsconfig: string): string | undefined =>
  /"outDir"\s*:\s*"\.?\/?([^"]+?)\/?"/.exec(tsconfig)?.[1];

/** Whether a source starts what its compiler of TypeScript makes, which was not sent along. */
export function startsCompiled(tree: SourceTree, root: PackageJson): boolean {
  const outDir = outDirOf(tsconfigOf(tree));
  if (outDir === undefined || tree.paths.some((path) => path.startsWith(`${outDir}/`))) return false;
  const starts = [root.main, ...START_SCRIPTS.map((name) => root.scripts[name])];
  return starts.some((text) =>
    text?.split(/\s+/).some((word) => word.replace(/^\.\//, '').startsWith(`${outDir}/`)),
  );
}

/** Where the compiler of TypeScript puts the usual names: `outDir`, less the `rootDir` that it takes off. */
function compiledEntry(tree: SourceTree): Entry | undefined {
  const config = tsconfigOf(tree);
  const outDir = outDirOf(config);
  const [source] = presentOf(tree, [...typed('src/'), ...typed('')]);
  if (outDir === undefined || source === undefined) return undefined;
  const rootDir = /"rootDir"\s*:\s*"\.?\/?([^"]*?)\/?"/.exec(config)?.[1] ?? commonFolder(tree);
  const relative =
    rootDir !== '' && source.startsWith(`${rootDir}/`) ? source.slice(rootDir.length + 1) : source;
  return { path: `${outDir}/${relative.replace(/\.ts$/, '.js')}`, by: 'outDir of tsconfig.json' };
}

/** Without `rootDir` it is the folder that holds all of the sources. */
function commonFolder(tree: SourceTree): string {
  const sources = tree.paths.filter(
    (path) => /(?<!\.d)\.[cm]?tsx?$/.test(path) && !path.includes('node_modules/'),
  );
  return sources.every((path) => path.startsWith('src/')) ? 'src' : '';
}
