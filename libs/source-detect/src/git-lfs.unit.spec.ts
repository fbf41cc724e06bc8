import { expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { findingsText } from './build-plan.js';
import { detect } from './detect.js';
import { treeOf } from './source-tree.js';

const POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 52428800\n';
const config = parseServiceConfig('{ "port": 8000 }');
const found = (files: Readonly<Record<string, string>>): string =>
  findingsText(detect(treeOf({ 'index.html': '', ...files }), config).found);

it('a model that Git LFS had not fetched was deployed as its pointer, without a word', () => {
  expect(found({ '.gitattributes': '*.bin filter=lfs diff=lfs\n', 'model.bin': POINTER })).toBe(
    'static, by index.html; model.bin is a pointer of Git LFS without the content, which `git lfs pull` fetches, by .gitattributes',
  );
});

it('many of them are named in short', () => {
  const models = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}.bin`, POINTER]));
  expect(found({ '.gitattributes': '*.bin filter=lfs\n', ...models })).toContain(
    'a.bin, b.bin, c.bin and 2 more are pointers of Git LFS',
  );
});

it.each([
  ['what was fetched', { '.gitattributes': '*.bin filter=lfs\n', 'model.bin': 'x' }],
  ['a source without Git LFS', { 'docs/lfs.txt': POINTER }],
])('says nothing of %s', (_, files) => {
  expect(found(files)).toBe('static, by index.html');
});
