import { dependenciesOf, projectDependencies } from './dependencies.js';
import { byTool, type Installation, type Source } from './installing.js';
import { textAt, valueAt } from './toml.js';

/** The pip of a base image may be older than the format; uv reads it. */
export function byPylock(source: Source, path: string): Installation {
  const { tree, manifests } = source;
  const packages = valueAt(manifests.pylock, ['packages']);
  const names = Array.isArray(packages) ? packages.map((each) => textAt(Object(each), ['name']) ?? '') : [];
  const installation = byTool(source, {
    tool: 'uv',
    by: path,
    argv: ['uv', 'pip', 'sync', path],
    manifests: [path],
    dependencies: [...projectDependencies(manifests), ...dependenciesOf(names)],
  });
  const readsSource = /\bpath\s*=\s*["']/.test(tree.text(path) ?? '');
  return { ...installation, needsSource: readsSource };
}
