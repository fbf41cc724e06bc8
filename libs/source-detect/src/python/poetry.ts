import type { TomlTable } from 'smol-toml';
import { caretEnd, nextOf, versionParts } from '../pep440.js';
import { keysAt, textsAt, valueAt } from './toml.js';

/** One constraint of Poetry as pip reads it; undefined where pip has no word for it. */
function requirementOf(constraint: string): string | undefined {
  const text = constraint.replace(/\s+/g, '');
  const [, operator, version] = /^([\^~]?)(\d[\w.]*)$/.exec(text) ?? [];
  const parts = versionParts(version ?? '');
  if (text === '*') return '';
  if (text.includes('|')) return undefined;
  if (version === undefined || parts === undefined) return /^\d[\d.]*\.\*$/.test(text) ? `==${text}` : text;
  if (operator === '^') return `>=${version},<${caretEnd(parts).join('.')}`;
  return operator === '~' ? `>=${version},<${nextOf(parts.slice(0, 2)).join('.')}` : `==${version}`;
}

function packageOf(name: string, value: unknown): string | undefined {
  const table: object = typeof value === 'string' ? { version: value } : Object(value);
  const { version, extras = [], ...others } = table as Record<string, unknown>;
  if (typeof version !== 'string' || !Array.isArray(extras) || Object.keys(others).length > 0)
    return undefined;
  const constraints = version.split(',').map(requirementOf);
  if (constraints.includes(undefined)) return undefined;
  return `${name}${extras.length === 0 ? '' : `[${extras.join(',')}]`}${constraints.join(',')}`;
}

/** The dependencies of a project of Poetry as pip reads them; undefined where one of them is more than a version. */
export function poetryRequirements(pyproject: TomlTable): readonly string[] | undefined {
  const keys = ['tool', 'poetry', 'dependencies'];
  const names = keysAt(pyproject, keys).filter((name) => name !== 'python');
  const packages = names.map((name) => packageOf(name, valueAt(pyproject, [...keys, name])));
  const are = packages.filter((each) => each !== undefined);
  return are.length === packages.length
    ? [...textsAt(pyproject, ['project', 'dependencies']), ...are]
    : undefined;
}
