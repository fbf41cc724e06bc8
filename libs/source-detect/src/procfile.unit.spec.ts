import { expect, it } from 'vitest';
import { misnamedProcfile } from './procfile.js';
import { treeOf } from './source-tree.js';

it.each(['procfile', 'Procfile.txt', 'PROCFILE'])('%s was passed over without a word', (name) => {
  expect(misnamedProcfile(treeOf({ [name]: 'web: a\n' }))).toEqual([
    { what: `${name} is not read: the file is called Procfile` },
  ]);
});

it.each<Readonly<Record<string, string>>>([
  { Procfile: '' },
  { Procfile: '', procfile: '' },
  { 'Procfile.dev': '', 'docs/procfile': '' },
])('says nothing of %o', (files) => {
  expect(misnamedProcfile(treeOf(files))).toEqual([]);
});
