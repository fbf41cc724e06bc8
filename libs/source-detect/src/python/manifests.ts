import { parse, type TomlTable } from 'smol-toml';
import { SourceRefusal } from '../refusal.js';
import { hasFile, type SourceTree } from '../source-tree.js';
import { refuseMarked } from '../unreadable-text.js';

/** The files that say what a project of Python is; tables are empty, and texts '', where there is none. */
export interface Manifests {
  readonly pyproject: TomlTable;
  readonly pipfile: TomlTable;
  readonly setupCfg: string;
  readonly setupPy: string;
}

/** @throws SourceRefusal where one of them cannot be read: its own tools could not either */
export function manifestsOf(tree: SourceTree): Manifests {
  return {
    pyproject: tomlOf(tree, 'pyproject.toml'),
    pipfile: tomlOf(tree, 'Pipfile'),
    setupCfg: tree.text('setup.cfg') ?? '',
    setupPy: tree.text('setup.py') ?? '',
  };
}

function tomlOf(tree: SourceTree, path: string): TomlTable {
  const text = hasFile(tree, path) ? tree.text(path) : undefined;
  if (text === undefined) return {};
  refuseMarked(tree, path, { tool: 'pip', cannotRead: ['utf-8', 'utf-16'], field: 'install' });
  try {
    return parse(text);
  } catch {
    throw new SourceRefusal({
      field: 'install',
      why: `${path} is no valid TOML`,
      hint: `Correct ${path}.`,
    });
  }
}

/** What lies at a path of keys. */
export function valueAt(table: TomlTable, keys: readonly string[]): unknown {
  let value: unknown = table;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

export function textAt(table: TomlTable, keys: readonly string[]): string | undefined {
  const value = valueAt(table, keys);
  return typeof value === 'string' ? value : undefined;
}

export function textsAt(table: TomlTable, keys: readonly string[]): readonly string[] {
  const value = valueAt(table, keys);
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

export function keysAt(table: TomlTable, keys: readonly string[]): readonly string[] {
  const value = valueAt(table, keys);
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}
