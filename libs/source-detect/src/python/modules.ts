import type { SourceTree } from '../source-tree.js';
import { imports } from './frameworks.js';
import { folderOf } from './paths.js';

/** A file that Python can import. */
export interface Module {
  readonly path: string;
  readonly text: string;
  /** `app.main` */
  readonly name: string;
  /** The folder that must be on PYTHONPATH for it, relative to the source; undefined where its root is enough. */
  readonly searched?: string;
}

const NOT_OURS =
  /(?:^|\/)(?:\.[^/]*|venv|env|node_modules|site-packages|tests?|docs?|migrations|alembic|examples?|scripts|build|dist)\/|(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest|setup|noxfile|fabfile|gunicorn\.conf|gunicorn_conf[^/]*|manage)\.py$/;
const DEEPEST = 4;
const MOST = 200;

/** The first names are those that people start; the rest goes by depth, then by name. */
const STARTED = ['wsgi', 'asgi', 'app', 'main', 'application', 'server', 'api', 'run', 'index', '__init__'];

function rank(path: string): number {
  const name = path.slice(path.lastIndexOf('/') + 1, -'.py'.length);
  const place = STARTED.indexOf(name);
  return (path.split('/').length - 1) * 100 + (place === -1 ? STARTED.length : place);
}

/** The files of Python that may hold an app, the likeliest first. */
export function modulesOf(tree: SourceTree, isInstalled: boolean): readonly Module[] {
  return tree.paths
    .filter((path) => path.endsWith('.py') && !NOT_OURS.test(path) && path.split('/').length <= DEEPEST)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .slice(0, MOST)
    .map((path) => moduleOf(tree, path, isInstalled));
}

/** `a/b.py` is `a.b`, and `a/__init__.py` is `a`. */
const dotted = (path: string): string => path.replace(/(?:^|\/)__init__\.py$|\.py$/, '').replaceAll('/', '.');

function moduleOf(tree: SourceTree, path: string, isInstalled: boolean): Module {
  const text = tree.text(path) ?? '';
  const [top = ''] = path.split('/');
  const inside = path.slice(top.length + 1);
  if (inside === '') return { path, text, name: dotted(path) };
  if (importsBeside(tree, path, text)) {
    const folder = folderOf(path);
    return { path, text, name: dotted(path.slice(folder.length)), searched: folder.slice(0, -1) };
  }
  const isNamed = imports(text, top) || tree.paths.includes(`${top}/__init__.py`);
  if (top !== 'src' || isNamed) return { path, text, name: dotted(path) };
  return { path, text, name: dotted(inside), ...(!isInstalled && { searched: top }) };
}

/** It was started within its folder: it imports what lies beside it as if that were the root. */
function importsBeside(tree: SourceTree, path: string, text: string): boolean {
  const folder = folderOf(path);
  if (/^[ \t]*from[ \t]+\./m.test(text)) return false;
  const beside = tree.paths
    .filter((each) => each !== path && each.startsWith(folder) && each.endsWith('.py'))
    .map((each) => each.slice(folder.length).split('/')[0]?.replace(/\.py$/, '') ?? '');
  const atRoot = new Set(tree.paths.map((each) => each.split('/')[0]?.replace(/\.py$/, '')));
  return [...new Set(beside)].some((name) => name !== '__init__' && !atRoot.has(name) && imports(text, name));
}
