import { type ArchiveCase, refuses, unpacks } from './archive-case.js';
import { type EntrySpec, zip } from './zip-writer.js';

const file = (name: string, content = 'x'): EntrySpec => ({ name, content });
const conflict = (says: RegExp) => refuses('ARCHIVE_NAME_CONFLICT', says);

const oneOnMany: Readonly<Record<string, readonly [string, string]>> = {
  case: ['a.txt', 'A.TXT'],
  'case of a directory': ['src/a', 'SRC/b'],
  'case of a directory on the way': ['x/src/a', 'x/Src/a'],
  'a file and a directory by case': ['Data', 'data/x'],
  'case beyond ASCII': ['ÄRGER', 'ärger'],
  'the Kelvin sign': ['k', '\u212a'],
  'the long s': ['s', 'ſ'],
  'the sharp s': ['straße', 'STRASSE'],
  'the final sigma': ['ς', 'σ'],
  ligature: ['ﬁ', 'fi'],
};

export const conflicts: readonly ArchiveCase[] = [
  conflict(/twice/)('a name twice', [file('a', '1'), file('a', '2')]),
  conflict(/twice/)('a name twice with the same content', [file('a'), file('a')]),
  conflict(/twice/)('config.json twice', [file('config.json', '{"evil":1}')]),
  conflict(/twice/)('a name composed and decomposed', [file('\u00e9'), file('e\u0301')]),
  conflict(/twice/)('Hangul composed and decomposed', [file('\uac00'), file('\u1100\u1161')]),
  conflict(/twice/)('a name with and without a dot that means here', [file('a'), file('./a')]),
  ...Object.entries(oneOnMany).map(([what, names]) =>
    conflict(/one name on many systems/)(
      `names that differ by ${what}`,
      names.map((name) => file(name)),
    ),
  ),
  conflict(/one name/)('directories that differ by case', [{ name: 'src/' }, { name: 'SRC/' }]),
  conflict(/at once/)('a file and then a directory', [file('a'), { name: 'a/' }]),
  conflict(/at once/)('a directory and then a file', [{ name: 'a/' }, file('a')]),
  conflict(/at once/)('a file and something below it', [file('a'), file('a/b')]),
  conflict(/at once/)('something below a file that comes later', [file('a/b'), file('a')]),
  conflict(/at once/)('a file and something far below it', [file('a'), file('a/b/c/d')]),
  unpacks('a directory twice', { 'a/': '' }, [{ name: 'a/' }, { name: 'a/' }]),
  unpacks('a directory behind its file', { 'a/': '', 'a/b': 'x' }, [file('a/b'), { name: 'a/' }]),
  unpacks('one name in two directories', { 'a/': '', 'a/x': 'x', 'b/': '', 'b/x': 'x' }, [
    file('a/x'),
    file('b/x'),
  ]),
  unpacks('the clutter of macOS is left out', {}, [
    file('__MACOSX/._config.json'),
    file('.DS_Store'),
    file('__MACOSX/sub/._x'),
    { name: '__MACOSX/' },
  ]),
  unpacks('a file whose name only ends like clutter', { 'my.DS_Store': 'x' }, [file('my.DS_Store')]),
  unpacks('a folder whose name only begins like clutter', { '__MACOSX2/': '', '__MACOSX2/x': 'x' }, [
    file('__MACOSX2/x'),
  ]),
  unpacks('a single root folder', { a: 'x', 'b/': '', 'b/c': 'x' }, () =>
    zip([{ name: 'root/' }, file('root/a'), file('root/b/c')]),
  ),
  unpacks('a single root folder beside clutter', { a: 'x' }, () =>
    zip([file('root/a'), file('root/.DS_Store'), file('__MACOSX/root/._a')]),
  ),
  unpacks('a single root folder inside another: one is left out', { 'b/': '', 'b/a': 'x' }, () =>
    zip([file('r/b/a')]),
  ),
  unpacks('two root folders stay', { 'a/': '', 'a/x': 'x', 'b/': '', 'b/x': 'x' }, () =>
    zip([file('a/x'), file('b/x')]),
  ),
  unpacks('an empty folder beside the root folder', { 'root/': '', 'root/a': 'x', 'somewhere/': '' }, () =>
    zip([file('root/a'), { name: 'somewhere/' }]),
  ),
  unpacks(
    'a folder whose name begins as the root folder',
    { 'ro/': '', 'ro/a': 'x', 'root/': '', 'root/a': 'x' },
    () => zip([file('ro/a'), file('root/a')]),
  ),
];
