import semver from 'semver';
import { SourceRefusal } from '../refusal.js';
import type { SourceTree } from '../source-tree.js';
import type { Manager } from './manager.js';
import { isObject, type PackageJson, textsOf } from './package-json.js';

/** Registries that only the machine of the author has. */
const LOCAL_REGISTRY = /\bhttps?:\/\/(?:localhost|127\.0\.0\.1)[:/]/;

/**
 * Refuses a lock file by which its tool would refuse to install: of npm one that lacks a package, of all one whose
 * packages lie on the author's machine. What else may be wrong, the tool itself says.
 * @throws SourceRefusal which names the package
 */
export function refuseStaleLock(tree: SourceTree, root: PackageJson, { name, lock }: Manager): void {
  const text = lock === undefined ? undefined : tree.text(lock);
  if (lock === undefined || text === undefined) return;
  if (LOCAL_REGISTRY.test(text)) throw local(lock);
  const wrong = name === 'npm' ? wrongIn(text, root) : undefined;
  if (wrong !== undefined) throw stale(lock, wrong);
}

/** What `npm ci` would not find in it; undefined where it would, or nobody can tell. */
function wrongIn(
  text: string,
  { dependencies, devDependencies, overridden }: PackageJson,
): string | undefined {
  const versionOf = lockedVersions(text);
  if (versionOf === undefined) return undefined;
  for (const [name, wanted] of Object.entries({ ...devDependencies, ...dependencies })) {
    const version = versionOf(name);
    if (version === undefined) return `lacks ${name}, which package.json depends on`;
    const range = semver.validRange(wanted);
    const fits = range === null || overridden || !semver.valid(version) || semver.satisfies(version, range);
    if (!fits) return `has ${name} ${version}, and package.json wants ${wanted}`;
  }
  return undefined;
}

type VersionOf = (name: string) => string | undefined;

/** Of formats 2 and 3 `packages`, of format 1 `dependencies`. A package of the source itself has no version. */
function lockedVersions(text: string): VersionOf | undefined {
  const lock = parsed(text);
  const packages = lock['packages'];
  if (isObject(packages) && isObject(packages['']))
    return (name) => versionIn(packages, `node_modules/${name}`);
  const dependencies = lock['dependencies'];
  return isObject(dependencies) ? (name) => versionIn(dependencies, name) : undefined;
}

function versionIn(table: Readonly<Record<string, unknown>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? (textsOf(table[key])['version'] ?? '') : undefined;
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const lock: unknown = JSON.parse(text);
    return isObject(lock) ? lock : {};
  } catch {
    return {};
  }
}

const stale = (lock: string, wrong: string): SourceRefusal =>
  new SourceRefusal({
    field: 'install',
    why: `${lock} ${wrong}`,
    hint: `Run npm install and send the ${lock} that it writes.`,
  });

const local = (lock: string): SourceRefusal =>
  new SourceRefusal({
    field: 'install',
    why: `${lock} names packages of a registry on localhost, which no build reaches`,
    hint: `Remove ${lock}, install once from a registry that all machines reach, and send the ${lock} that this writes.`,
  });
