import type { Manifests } from './manifests.js';
import { keysAt, textAt, textsAt, valueAt } from './toml.js';

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

/** What a marker says of the system: only for one of these, or for all but these. */
const OF_SYSTEM = /\b(?:sys_platform|platform_system|os_name)\s*(==|!=)\s*["'](\w+)["']/g;
const LINUX = ['linux', 'posix'];

/** Whether a marker leaves a package out on Linux. One with alternatives is taken for one that does not. */
function leavesOutLinux(marker: string): boolean {
  if (/\bor\b/.test(marker)) return false;
  return [...marker.matchAll(OF_SYSTEM)].some(
    ([, operator, system = '']) => (operator === '!=') === LINUX.includes(system.toLowerCase()),
  );
}

const markerOf = (text: string): string => /;(.*)$/s.exec(text)?.[1] ?? '';

/** Those of them that are installed on Linux. */
export const dependenciesOf = (texts: readonly string[]): readonly Dependency[] =>
  texts
    .filter((text) => !leavesOutLinux(markerOf(text)))
    .map(dependencyOf)
    .filter((each) => each !== undefined);

/** `[project]` of pyproject.toml. */
export const projectDependencies = ({ pyproject }: Manifests): readonly Dependency[] =>
  dependenciesOf(textsAt(pyproject, ['project', 'dependencies']));

/** A table with one package a key, as Poetry and Pipenv have it. What is optional is installed for extras alone. */
function tableDependencies(table: Manifests['pyproject'], keys: readonly string[]): readonly Dependency[] {
  return keysAt(table, keys)
    .filter((name) => valueAt(table, [...keys, name, 'optional']) !== true)
    .filter((name) => !leavesOutLinux(textAt(table, [...keys, name, 'markers']) ?? ''))
    .map((name) => ({ name: normalized(name), extras: textsAt(table, [...keys, name, 'extras']) }));
}

export const poetryDependencies = (manifests: Manifests): readonly Dependency[] => [
  ...projectDependencies(manifests),
  ...tableDependencies(manifests.pyproject, ['tool', 'poetry', 'dependencies']),
];

/** Without a Pipfile its lock says it, with what its packages need themselves. */
export function pipfileDependencies({ pipfile }: Manifests, lock: string | undefined): readonly Dependency[] {
  const named = tableDependencies(pipfile, ['packages']);
  return named.length > 0 || lock === undefined ? named : dependenciesOf(lockedNames(lock));
}

/** What a Pipfile.lock has for running; one that cannot be read is left to Pipenv, which says what is wrong with it. */
function lockedNames(lock: string): readonly string[] {
  try {
    return keysAt(JSON.parse(lock) as Manifests['pipfile'], ['default']);
  } catch {
    return [];
  }
}

/** What setup.py and setup.cfg name in so many words; what they compute, nobody can read. */
export function setupDependencies({ setupPy, setupCfg }: Manifests): readonly Dependency[] {
  const [, list = ''] = /install_requires\s*=\s*\[([^\]]*(?:\[[^\]]*\][^\]]*)*)\]/.exec(setupPy) ?? [];
  const [, lines = ''] = /^install_requires\s*=\s*((?:.*\n)(?:[ \t]+.*\n?)*)/m.exec(setupCfg) ?? [];
  const inPython = [...list.matchAll(/["']([^"']+)["']/g)].map(([, text = '']) => text);
  return dependenciesOf([...inPython, ...lines.split('\n')]);
}
