import { expect, it } from 'vitest';
import { treeOf } from '../source-tree.js';
import { nodeVersion } from './node-version.js';
import { packageJsonOf } from './package-json.js';

const wished = (json: object, files: Readonly<Record<string, string>> = {}): string | undefined => {
  const tree = treeOf({ 'package.json': JSON.stringify(json), ...files });
  const wish = nodeVersion(tree, packageJsonOf(tree));
  return wish === undefined ? undefined : `${wish.text}, by ${wish.by}`;
};

it.each<readonly [string | undefined, object, Record<string, string>]>([
  ['^20 || ^22, by engines of package.json', { engines: { node: '^20 || ^22' } }, { '.nvmrc': '18' }],
  ['20, by engines of package.json', { engines: { node: '20.11.1' } }, {}],
  ['22, by .nvmrc', {}, { '.nvmrc': '# ours\nv22.1.0\n' }],
  ['22, by .nvmrc', {}, { '.nvmrc': 'lts/jod', '.node-version': '20' }],
  ['24, by .nvmrc', {}, { '.nvmrc': 'lts/Krypton' }],
  ['20, by .node-version', {}, { '.nvmrc': 'lts/*', '.node-version': '20.9.0\n' }],
  ['22, by volta of package.json', { volta: { node: '22.20.0' } }, {}],
  ['24, by .tool-versions', {}, { '.tool-versions': 'python 3.12.1\nnodejs 24.1.0\n' }],
  [undefined, { engines: { node: '*' } }, { '.nvmrc': 'node' }],
])('the version of Node.js is %s', (told, json, files) => {
  expect(wished(json, files)).toBe(told);
});
