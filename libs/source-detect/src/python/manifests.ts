import type { TomlTable } from 'smol-toml';
import { hasFile, type SourceTree } from '../source-tree.js';
import { refuseMarked } from '../unreadable-text.js';
import { parsedToml } from './toml.js';

/** Files that say what a project of Python is, the surest first. */
export const PYTHON_MANIFESTS: readonly string[] = [
  ...[
    'requirements.txt',
    'pyproject.toml',
    'Pipfile',
    'Pipfile.lock',
    'pylock.toml',
    'setup.py',
    'setup.cfg',
  ],
];

/** What these files hold; tables are empty, and texts '', where there is none. */
export interface Manifests {
  readonly pyproject: TomlTable;
  readonly pipfile: TomlTable;
  readonly pylock: TomlTable;
  readonly setupCfg: string;
  readonly setupPy: string;
}

/** @throws SourceRefusal where one of them cannot be read: its own tools could not either */
export function manifestsOf(tree: SourceTree): Manifests {
  return {
    pyproject: tomlOf(tree, 'pyproject.toml'),
    pipfile: tomlOf(tree, 'Pipfile'),
    pylock: tomlOf(tree, pylockFile(tree) ?? 'pylock.toml'),
    setupCfg: tree.text('setup.cfg') ?? '',
    setupPy: tree.text('setup.py') ?? '',
  };
}

const NAMED = /^pylock\.[^./]+\.toml$/;

/** The lock file of PEP 751; one with a name of its own where it is the only one. */
export function pylockFile(tree: Pick<SourceTree, 'paths'>): string | undefined {
  if (tree.paths.includes('pylock.toml')) return 'pylock.toml';
  const named = tree.paths.filter((path) => NAMED.test(path));
  return named.length === 1 ? named[0] : undefined;
}

function tomlOf(tree: SourceTree, path: string): TomlTable {
  const text = hasFile(tree, path) ? tree.text(path) : undefined;
  if (text === undefined) return {};
  refuseMarked(tree, path, { tool: 'pip', cannotRead: ['utf-8', 'utf-16'], field: 'install' });
  return parsedToml(path, text);
}
