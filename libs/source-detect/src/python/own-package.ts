import { SourceRefusal } from '../refusal.js';
import { hasFile, presentOf } from '../source-tree.js';
import { isPackage, type Source } from './installing.js';
import { textAt, textsAt, valueAt } from './toml.js';

/** Where build backends are told what the package consists of. */
const OF_BACKENDS = [
  ['tool', 'setuptools'],
  ['tool', 'hatch', 'build'],
  ['tool', 'flit'],
  ['tool', 'pdm', 'build'],
  ['tool', 'poetry', 'packages'],
  ['tool', 'uv', 'build-backend'],
] as const;

/** Folders that setuptools never takes for packages, as in its documentation of the flat layout. */
const NO_PACKAGES =
  /^(?:ci|bin|debian|docs?|documentation|manpages|news|newsfragments|changelog|tests?|unit_tests?|examples?|scripts|tools|utils?|python|build|benchmarks?|exercises?|htmlcov|tasks|fabfile|site_scons|node_modules|venv|dist)$/;
const IDENTIFIER = /^[A-Za-z_]\w*$/;

/**
 * Whether its build backend would find what the package consists of. An application with a `[build-system]` that its
 * template wrote has none: its backend fails, and its dependencies are all that there is to install.
 */
export function hasOwnPackage(source: Source): boolean {
  const { tree, manifests } = source;
  const { pyproject } = manifests;
  const isDynamic = textsAt(pyproject, ['project', 'dynamic']).includes('dependencies');
  if (isDynamic || isPackage(source) || presentOf(tree, ['setup.py', 'setup.cfg']).length > 0) return true;
  if (OF_BACKENDS.some((keys) => valueAt(pyproject, keys) !== undefined)) return true;
  const backend = textAt(pyproject, ['build-system', 'build-backend']) ?? 'setuptools';
  return backend.startsWith('setuptools') ? isOneThing(source) : isNamedAsProject(source);
}

/** Among several setuptools does not choose. */
function isOneThing({ tree }: Source): boolean {
  const folders = new Set(
    tree.paths.filter((path) => path.includes('/')).map((path) => path.split('/')[0] ?? ''),
  );
  const packages = [...folders].filter((name) => IDENTIFIER.test(name) && !NO_PACKAGES.test(name));
  const modules = tree.paths.filter((path) => /^[A-Za-z_]\w*\.py$/.test(path));
  return packages.length === 1 || (packages.length === 0 && modules.length === 1);
}

function isNamedAsProject({ tree, manifests: { pyproject } }: Source): boolean {
  const name = (textAt(pyproject, ['project', 'name']) ?? '').toLowerCase().replaceAll(/[-.]+/g, '_');
  return ['', 'src/'].some(
    (folder) => hasFile(tree, `${folder}${name}.py`) || hasFile(tree, `${folder}${name}/__init__.py`),
  );
}

/** Files that a package is described by. */
const DESCRIBED_BY: readonly (readonly [what: string, keys: readonly string[]])[] = [
  ['readme', ['project', 'readme']],
  ['readme', ['project', 'readme', 'file']],
  ['readme', ['tool', 'poetry', 'readme']],
  ['license', ['project', 'license', 'file']],
];

/**
 * Refuses a project that is installed itself, and is described by a file that was not sent: its build would fail.
 * @throws SourceRefusal which names the file
 */
export function refuseUndescribed({ tree, manifests: { pyproject } }: Source): void {
  for (const [what, keys] of DESCRIBED_BY) {
    const path = textAt(pyproject, keys)?.replace(/^\.\//, '');
    if (path !== undefined && !hasFile(tree, path)) throw undescribed(what, path);
  }
}

const undescribed = (what: string, path: string): SourceRefusal =>
  new SourceRefusal({
    field: 'install',
    why: `pyproject.toml names ${path} as its ${what}, and no such file is in the source`,
    hint: `Add it, or remove the line \`${what}\`. If an ignore file leaves it out, keep it with a line such as \`!${path}\`.`,
  });
