import { type ArchiveCase, refuses, unpacks, withLinks } from './archive-case.js';
import { type EntrySpec, extraField, numbers, zip } from './zip-writer.js';

const LINK = 0o120777;
const link = (name: string, target: string | Buffer): EntrySpec => ({ name, content: target, mode: LINK });

const types: Readonly<Record<string, number>> = {
  'a pipe': 0o010644,
  'a character device': 0o020666,
  'a block device': 0o060660,
  'a socket': 0o140755,
  'a type that is none': 0o170000,
  'a door': 0o150000,
};

const asiUnix = (mode: number): Buffer =>
  extraField(0x756e, numbers([4, 0], [2, mode], [4, 0], [2, 0], [2, 0]));
const pkwareUnix = (target: string): Buffer =>
  extraField(0x000d, Buffer.concat([numbers([4, 0], [4, 0], [2, 0], [2, 0]), Buffer.from(target)]));

const outward = [
  ...[
    '/etc/passwd',
    '../x',
    '../../etc',
    'sub/../../x',
    '..',
    'C:\\x',
    '..\\x',
    'a\0b',
    '',
    '.',
    'a/./b',
    'a//b',
  ],
  ...['//server/x', 'sub/..', '../'.repeat(40) + 'etc'],
];

const isLink = refuses('ARCHIVE_LINK', /is a link/);
const kind = refuses('ARCHIVE_UNSAFE', /device, a pipe or a socket/);
const linkOut = refuses('ARCHIVE_LINK', /links to|which/);
const a: EntrySpec = { name: 'a', content: 'x' };

export const kinds: readonly ArchiveCase[] = [
  ...Object.entries(types).map(([what, mode]) => kind(what, [{ name: 'thing', mode }])),
  kind('a device by the ASi field', [{ name: 'thing', extra: asiUnix(0o020666) }]),
  isLink('a link out', [link('a', '/etc/passwd')]),
  isLink('a link inside', [link('a', 'config.json')]),
  isLink('a link with the name of a directory', [link('a/', 'b')]),
  isLink('a link by the ASi field', [{ name: 'a', extra: asiUnix(LINK) }]),
  isLink('a hard link by the PKWARE field', [{ name: 'a', extra: pkwareUnix('/etc/passwd') }]),
  isLink('a link below the clutter of macOS', [link('__MACOSX/a', '/etc')]),
  ...outward.map((target) =>
    withLinks(linkOut(`a link to ${JSON.stringify(target.slice(0, 30))}`, [link('a', target)])),
  ),
  withLinks(linkOut('a link to a name that is not UTF-8', [link('a', Buffer.from([0xff, 0xfe]))])),
  withLinks(linkOut('a link out of a directory', [link('sub/a', '../../x')])),
  withLinks(
    linkOut('a link that leads out through another', [link('d/up', '..'), link('x', 'd/up/../../y')]),
  ),
  withLinks(
    linkOut('a link out of the single root folder', () =>
      // With the root folder gone there is nothing above any more.
      zipOfRoot([link('root/a', '../root/config.json')]),
    ),
  ),
  withLinks(isLink('a hard link by the PKWARE field, too', [{ name: 'a', extra: pkwareUnix('b') }])),
  withLinks(
    refuses('ARCHIVE_NAME_CONFLICT', /file and a directory/)('a file written through a link', [
      link('d', 'e'),
      { name: 'd/evil', content: 'x' },
    ]),
  ),
  withLinks(
    refuses('ARCHIVE_NAME_CONFLICT', /twice/)('a link and then a file over it', [
      link('d', 'e'),
      { name: 'd', content: 'x' },
    ]),
  ),
  withLinks(
    refuses('ARCHIVE_TOO_LARGE', /at most/)('a link to a very long name', [link('a', 'x'.repeat(1025))]),
  ),
  withLinks(unpacks('a link beside', { a: 'x', b: '-> a' }, [link('b', 'a'), a])),
  withLinks(
    unpacks('a link down', { b: '-> sub/a', 'sub/': '', 'sub/a': 'x' }, [
      link('b', 'sub/a'),
      { ...a, name: 'sub/a' },
    ]),
  ),
  withLinks(
    unpacks('a link up and down', { a: 'x', 'sub/': '', 'sub/b': '-> ../a' }, [link('sub/b', '../a'), a]),
  ),
  withLinks(unpacks('a link to nothing', { b: '-> nothing' }, [link('b', 'nothing')])),
  withLinks(unpacks('links in a circle', { b: '-> c', c: '-> b' }, [link('b', 'c'), link('c', 'b')])),
  withLinks(
    unpacks('a link to a directory', { b: '-> sub', 'sub/': '' }, [link('b', 'sub'), { name: 'sub/' }]),
  ),
  unpacks('set-user bits are left out', { a: 'x' }, [{ ...a, mode: 0o104755 }]),
  unpacks('a file without a mode', { a: 'x' }, [a]),
  unpacks('a directory', { 'sub/': '' }, [{ name: 'sub/', mode: 0o040755 }]),
  unpacks('a directory with the type of a file', { 'sub/': '' }, [{ name: 'sub/', mode: 0o100644 }]),
  refuses('ARCHIVE_MISMATCH', /file's name/)('a directory with the name of a file', [
    { name: 'sub', mode: 0o040755 },
  ]),
  refuses('ARCHIVE_MISMATCH', /has content/)('a directory with content', [{ name: 'sub/', content: 'x' }]),
];

function zipOfRoot(entries: readonly EntrySpec[]): Buffer {
  return zip([...entries, { name: 'root/config.json', content: '{}' }]);
}
