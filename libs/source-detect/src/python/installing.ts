import type { Finding, Step } from '../build-plan.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import type { Dependency } from './dependencies.js';
import type { Manifests } from './manifests.js';
import { keysAt } from './toml.js';
import { PIP_CACHE, TOOLS, type ToolName } from './tools.js';

/** How the packages of a service are installed. */
export interface Installation {
  readonly tool?: ToolName;
  readonly found: readonly Finding[];
  readonly manifests: readonly string[];
  readonly needsSource: boolean;
  readonly steps: readonly Step[];
  readonly dependencies: readonly Dependency[];
  /** The project itself is among the installed packages. */
  readonly installsItself: boolean;
  /** Packages that a file names which is no manifest: that file, and the package as pip reads it. */
  readonly packages?: readonly (readonly [by: string, text: string])[];
}

const PIP_INSTALL = ['pip', 'install', '--disable-pip-version-check'];
export const pipInstall = (args: readonly string[]): Step => ({
  argv: [...PIP_INSTALL, ...args],
  cache: PIP_CACHE,
});

export const NOTHING: Installation = {
  found: [],
  manifests: [],
  needsSource: false,
  steps: [],
  dependencies: [],
  installsItself: false,
};

/** What an installation is found out of. */
export interface Source {
  readonly tree: SourceTree;
  readonly manifests: Manifests;
}

/** Packages below src/ cannot be imported unless the project is installed; scripts exist only then. */
export function isPackage({ tree, manifests: { pyproject } }: Source): boolean {
  const hasScripts = [
    ['project', 'scripts'],
    ['tool', 'poetry', 'scripts'],
  ].some((keys) => keysAt(pyproject, keys).length > 0);
  return hasScripts || tree.paths.some((path) => /^src\/[^/]+\/__init__\.py$/.test(path));
}

/** A dependency that lies in the source: its folder is read too. */
export const namesFolders = (tree: SourceTree): boolean =>
  /\bpath\s*=\s*["']|\bworkspace\s*=\s*true|@ file:|file:\/\/|\[tool\.uv\.workspace\]/.test(
    tree.text('pyproject.toml') ?? tree.text('Pipfile') ?? '',
  );

interface ByTool {
  readonly tool: ToolName;
  readonly by: string;
  readonly argv: readonly string[];
  readonly manifests: readonly string[];
  readonly dependencies: readonly Dependency[];
  readonly installsItself?: boolean;
}

export function byTool(
  { tree }: Source,
  { tool, by, argv, installsItself = false, ...parts }: ByTool,
): Installation {
  const { version, cache } = TOOLS[tool];
  return {
    ...parts,
    tool,
    found: [{ what: `${tool} ${version}`, by }],
    needsSource: installsItself || namesFolders(tree),
    steps: [{ argv, cache }],
    installsItself,
  };
}

interface Itself {
  readonly by: string;
  readonly dependencies: readonly Dependency[];
  readonly backend?: string;
}

export const itself = ({ tree }: Source, { by, dependencies, backend }: Itself): Installation => ({
  found: [{ what: backend === undefined ? 'pip' : `pip with ${backend}`, by }],
  manifests: presentOf(tree, ['pyproject.toml', 'setup.py', 'setup.cfg']),
  needsSource: true,
  steps: [pipInstall(['.'])],
  dependencies,
  installsItself: true,
});

/** Said, since a build of tomorrow may be another. */
export const unlocked = (installation: Installation, lock: string): Installation => ({
  ...installation,
  found: [...installation.found, { what: `no ${lock}, so versions are chosen anew by each build` }],
});
