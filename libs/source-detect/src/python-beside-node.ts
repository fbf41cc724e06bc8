import type { Finding } from './build-plan.js';
import { entryOf } from './node/entry.js';
import { frontEndOf } from './node/front-end.js';
import { type PackageJson, packageJsonOf } from './node/package-json.js';
import { isServed } from './node/served.js';
import { procfileOf } from './procfile.js';
import { appAmong } from './python/apps.js';
import { PYTHON_MANIFESTS } from './python/manifests.js';
import { modulesOf } from './python/modules.js';
import { hasFile, presentOf, type SourceTree } from './source-tree.js';

/** What Python installs from; beside a package.json the surest sign that there is more than Node.js. */
const MANIFESTS = ['manage.py', ...PYTHON_MANIFESTS];
const OF_PYTHON =
  /^(?:\w+=\S+\s+)*(?:exec\s+)?(?:python[\d.]*|gunicorn|uvicorn|hypercorn|waitress-serve|flask|fastapi|django-admin|daphne|celery|(?:poetry|uv|pipenv) run)\b/;

/** The file by which a source with a package.json is one of Python all the same; undefined where it is not. */
export function pythonBesideNode(
  tree: SourceTree,
  { command }: { readonly command?: readonly string[] },
): string | undefined {
  const [manifest] = presentOf(tree, MANIFESTS);
  if (manifest === undefined) return undefined;
  if (command !== undefined) return OF_PYTHON.test(command.join(' ')) ? manifest : undefined;
  const web = procfileOf(tree).get('web');
  if (web !== undefined) return OF_PYTHON.test(web) ? manifest : undefined;
  const root = packageJsonOf(tree);
  return root !== undefined && !startsNode(tree, root) && startsPython(tree) ? manifest : undefined;
}

/** What lies beside package.json, and is said where nothing of either starts. */
export const manifestOfPython = (tree: SourceTree): string | undefined => presentOf(tree, MANIFESTS)[0];

const ROOT_ENTRIES = /^(?:server|index|app|main)\.[cm]?[jt]s$/;

/** A script that Python runs, or that only watches style sheets, starts nothing of Node.js. */
export function startsNode(tree: SourceTree, root: PackageJson): boolean {
  const start = root.scripts['start'];
  const isOther = start !== undefined && (OF_PYTHON.test(start) || /(?:^|\s)(?:-w|--watch)\b/.test(start));
  const scripts = isOther ? { ...root.scripts, start: 'vite' } : root.scripts;
  if (isServed(tree, { ...root, scripts })) return true;
  const entry = entryOf(tree, { root, isBuilt: false, runsTypeScript: false });
  return entry !== undefined && ROOT_ENTRIES.test(entry.path) && frontEndOf(tree) === undefined;
}

const startsPython = (tree: SourceTree): boolean =>
  hasFile(tree, 'manage.py') || appAmong(modulesOf(tree, false), []) !== undefined;

/** Of a source of Python, what its package.json would have built. */
export function unusedNodeBuild(tree: SourceTree): readonly Finding[] {
  const scripts = hasFile(tree, 'package.json') ? (packageJsonOf(tree)?.scripts ?? {}) : {};
  if (scripts['build'] === undefined) return [];
  return [
    {
      what: '`npm run build` is not run: push what it makes, or build both in a Dockerfile',
      by: 'package.json',
    },
  ];
}
