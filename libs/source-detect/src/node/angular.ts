import type { SourceTree } from '../source-tree.js';

type Json = Readonly<Record<string, unknown>>;

const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

/** What `ng build` makes for browsers: `dist/shop/browser`; undefined where it makes a server too. */
export function angularFolder(tree: SourceTree): string | undefined {
  const workspace = workspaceOf(tree);
  const projects = objectOf(workspace['projects']);
  const names = Object.keys(projects).filter((name) => objectOf(projects[name])['projectType'] !== 'library');
  const preferred = workspace['defaultProject'];
  const name = typeof preferred === 'string' ? preferred : names[0];
  if (name === undefined) return undefined;
  const project = objectOf(projects[name]);
  const build = objectOf(objectOf(project['architect'] ?? project['targets'])['build']);
  const options = objectOf(build['options']);
  if (options['ssr'] !== undefined && options['ssr'] !== false && options['outputMode'] !== 'static')
    return undefined;
  return folderOf(name, String(build['builder'] ?? ''), options['outputPath']);
}

/** The builder `application` makes a folder for the browser, the older `browser` none. */
function folderOf(name: string, builder: string, outputPath: unknown): string {
  const path = objectOf(outputPath);
  const base = typeof outputPath === 'string' ? outputPath : String(path['base'] ?? `dist/${name}`);
  const browser = typeof path['browser'] === 'string' ? path['browser'] : 'browser';
  const isOlder = /:(?:browser|browser-esbuild)$/.test(builder);
  return (isOlder || browser === '' ? base : `${base}/${browser}`).replace(/^\.\//, '');
}

/** It may hold comments. */
function workspaceOf(tree: SourceTree): Json {
  try {
    const text = (tree.text('angular.json') ?? '').replaceAll(/^\s*\/\/.*$|\/\*[^]*?\*\//gm, '');
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}
