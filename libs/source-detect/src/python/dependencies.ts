import type { Manifests } from './manifests.js';
import { keysAt, textsAt, valueAt } from './toml.js';

/** A package that the source names itself, with its name as the index compares it. */
export interface Dependency {
  readonly name: string;
  readonly extras: readonly string[];
}

const normalized = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');

/** Of `uvicorn[standard]>=0.30; python_version > "3.8"`. */
export function dependencyOf(text: string): Dependency | undefined {
  const [, name, extras = ''] = /^\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?/.exec(text) ?? [];
  if (name === undefined) return undefined;
  return {
    name: normalized(name),
    extras: extras
      .split(',')
      .map((extra) => extra.trim())
      .filter(Boolean),
  };
}

export const dependenciesOf = (texts: readonly string[]): readonly Dependency[] =>
  texts.map(dependencyOf).filter((each) => each !== undefined);

/** `[project]` of pyproject.toml. */
export const projectDependencies = ({ pyproject }: Manifests): readonly Dependency[] =>
  dependenciesOf(textsAt(pyproject, ['project', 'dependencies']));

/** A table with one package a key, as Poetry and Pipenv have it. */
function tableDependencies(table: Manifests['pyproject'], keys: readonly string[]): readonly Dependency[] {
  return keysAt(table, keys).map((name) => {
    const extras = valueAt(table, [...keys, name, 'extras']);
    return { name: normalized(name), extras: Array.isArray(extras) ? extras.map(String) : [] };
  });
}

export const poetryDependencies = (manifests: Manifests): readonly Dependency[] => [
  ...projectDependencies(manifests),
  ...tableDependencies(manifests.pyproject, ['tool', 'poetry', 'dependencies']),
];

/** Without a Pipfile its lock says it, with what its packages need themselves. */
export function pipfileDependencies({ pipfile }: Manifests, lock: string | undefined): readonly Dependency[] {
  const named = tableDependencies(pipfile, ['packages']);
  if (named.length > 0 || lock === undefined) return named;
  return [...lock.matchAll(/^ {8}"([\w.-]+)": \{/gm)].map(([, name = '']) => ({
    name: normalized(name),
    extras: [],
  }));
}

/** What setup.py and setup.cfg name in so many words; what they compute, nobody can read. */
export function setupDependencies({ setupPy, setupCfg }: Manifests): readonly Dependency[] {
  const [, list = ''] = /install_requires\s*=\s*\[([^\]]*(?:\[[^\]]*\][^\]]*)*)\]/.exec(setupPy) ?? [];
  const [, lines = ''] = /^install_requires\s*=\s*((?:.*\n)(?:[ \t]+.*\n?)*)/m.exec(setupCfg) ?? [];
  const inPython = [...list.matchAll(/["']([^"']+)["']/g)].map(([, text = '']) => text);
  return dependenciesOf([...inPython, ...lines.split('\n')]);
}
