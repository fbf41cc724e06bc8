import { type ArchiveCase, refuses, unpacks } from './archive-case.js';
import { crc32 } from 'node:zlib';
import { extraField, numbers, UTF8_FLAG, zip } from './zip-writer.js';

const shown = (name: string): string =>
  JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}... of ${name.length}` : name);
const each = (
  what: string,
  code: Parameters<typeof refuses>[0],
  says: RegExp,
  names: readonly string[],
): ArchiveCase[] =>
  names.map((name) => refuses(code, says)(`${what}: ${shown(name)}`, [{ name, content: 'evil' }]));

const climbing = [
  ...['../evil', '../../evil', '../../../../../../etc/passwd', 'a/../../evil', 'a/b/../../../evil', '..'],
  ...['a/..', 'a/../b', '../', 'a/../', './../evil', 'a/./../../evil', '..//evil', '__MACOSX/../../evil'],
  ...[
    '\u2025/evil',
    '\uff0e\uff0e/evil',
    '\u2024\u2024/evil',
    '..\uff0fevil',
    '..\u2215evil',
    '..\u2044evil',
  ],
  ...[
    'a/..\u29f8evil',
    '\uff0e.\uff0fevil',
    '..\uff3cevil',
    '..\ufe68evil',
    'a/.\u2024/evil',
    '../.DS_Store',
  ],
];
const backslashed = [
  ...['..\\evil', 'a\\..\\..\\evil', '..\\../evil', '\\evil', '\\\\server\\share\\evil', '\\\\?\\C:\\evil'],
  ...['\\\\.\\PhysicalDrive0', 'C:\\evil', 'C:\\Windows\\System32\\evil.dll', '..\\'],
];
const absolute = ['/evil', '//server/share/evil', '/etc/passwd', '/', 'C:/evil', 'c:evil', 'Z:/', '///evil'];
const unseen = [
  ...[
    'a\0b',
    '../\0evil',
    'evil.sh\0.txt',
    'evil\n.sh',
    'evil\r',
    'a\tb',
    'a\x1b[31mb',
    'a\x7fb',
    'a\u0085b',
  ],
  ...['exe\u202etxt.sh', 'a\u200bb', 'a\u2028b', '\ufeffconfig', 'a\u2066b', 'a\u2060b', '.\u200b./evil'],
];
const trimmed = [
  '.. /evil',
  '../ ',
  '... /evil',
  '.../evil',
  'a./b',
  'a /b',
  'evil.',
  'evil ',
  'a/. /b',
  '. ./x',
];
const hollow = ['a//b', 'a/b//', 'a///b', 'a/.//b'];
const overlong = [
  'x'.repeat(256),
  'ü'.repeat(128),
  `${'d/'.repeat(600)}x`,
  `${'x'.repeat(250)}/`.repeat(5) + 'x',
  'x'.repeat(65_535),
];

/** Names that look bad and are only names, as long as nobody decodes them. */
const harmless = [
  ...[
    '%2e%2e%2fevil',
    '%2e%2e/evil',
    '..%2fevil',
    '..%5cevil',
    '..%c0%afevil',
    '&#46;&#46;/evil',
    '.../x'.slice(1),
  ],
  ...[
    '\u2215etc',
    'a\uff0fb',
    '..a',
    'a..',
    '.env',
    'CON',
    'aux.txt',
    '$HOME',
    '`id`',
    '-rf',
    '~',
    '~/x',
    'ab:c',
  ],
  ...['naïve.txt', '日本語.txt', '😀.txt', '👩\u200d💻.txt', "it's", 'a b', '|', '*', '?', 'x'.repeat(255)],
].filter((name) => !/(^|\/)\.\.(\/|$)|[. ]$/.test(name));

const raw = (...bytes: number[]): Buffer => Buffer.from(bytes);
const badUtf8: Readonly<Record<string, Buffer>> = {
  'a lone continuation': raw(0x61, 0x80),
  'an overlong slash': raw(0x2e, 0x2e, 0xc0, 0xaf, 0x65),
  'overlong dots': raw(0xc0, 0xae, 0xc0, 0xae, 0x2f, 0x65),
  'a surrogate': raw(0xed, 0xa0, 0x80),
  'beyond Unicode': raw(0xf4, 0x90, 0x80, 0x80),
  'a cut character': raw(0x61, 0xe2, 0x82),
};

const unicodeName = (name: string | Buffer, header: string | Buffer): Buffer =>
  extraField(0x7075, Buffer.concat([numbers([1, 1], [4, crc32(header)]), Buffer.from(name)]));

const encodings: ArchiveCase[] = [
  ...Object.entries(badUtf8).map(([what, name]) =>
    refuses('ARCHIVE_UNSAFE', /is not/)(`a name that says UTF-8: ${what}`, [{ name, flags: UTF8_FLAG }]),
  ),
  unpacks('UTF-8 that does not say so, as macOS writes it', { 'über.txt': 'x' }, [
    { name: Buffer.from('über.txt'), content: 'x' },
  ]),
  unpacks('code page 437', { 'ü.txt': 'x' }, [{ name: raw(0x81, 0x2e, 0x74, 0x78, 0x74), content: 'x' }]),
  unpacks('a decomposed name is composed', { 'é.txt': 'x' }, [{ name: 'e\u0301.txt', content: 'x' }]),
  unpacks('a Unicode name beside one in another encoding', { 'é.txt': 'x' }, [
    { name: raw(0xe9), content: 'x', extra: unicodeName('é.txt', raw(0xe9)) },
  ]),
  unpacks('a Unicode name that belongs to another name is void', { 'a.txt': 'x' }, [
    { name: 'a.txt', content: 'x', extra: unicodeName('../evil', 'b.txt') },
  ]),
  refuses('ARCHIVE_MISMATCH', /other name/)('a Unicode name beside another ASCII name', [
    { name: 'good.txt', content: 'x', extra: unicodeName('other.txt', 'good.txt') },
  ]),
  refuses('ARCHIVE_UNSAFE', /leads out/)('a Unicode name that climbs', [
    { name: raw(0xe9), content: 'x', extra: unicodeName('../evil', raw(0xe9)) },
  ]),
  refuses('ARCHIVE_UNSAFE', /leads out/)('a climbing name under a good Unicode name', [
    { name: raw(0x2e, 0x2e, 0x2f, 0xe9), extra: unicodeName('good', raw(0x2e, 0x2e, 0x2f, 0xe9)) },
  ]),
  refuses('ARCHIVE_UNSAFE', /not UTF-8/)('a Unicode name that is not UTF-8', [
    { name: raw(0xe9), extra: unicodeName(raw(0xff), raw(0xe9)) },
  ]),
];

export const names: readonly ArchiveCase[] = [
  ...each('climbing', 'ARCHIVE_UNSAFE', /leads out|backslash/, climbing),
  ...each('backslashed', 'ARCHIVE_UNSAFE', /leads out|absolute/, backslashed),
  unpacks(
    'backslashes, as Windows makes them: they were refused',
    { 'src/': '', 'src/lib/': '', 'src/lib/a.js': 'x', 'empty/': '' },
    [{ name: 'src\\' }, { name: 'src\\lib\\a.js', content: 'x' }, { name: 'empty\\' }],
  ),
  unpacks('a single root with backslashes', { 'config.json': '{}', 'src/': '', 'src/a.js': 'x' }, () =>
    zip([
      { name: 'shop\\config.json', content: '{}' },
      { name: 'shop\\src\\a.js', content: 'x' },
    ]),
  ),
  refuses('ARCHIVE_NAME_CONFLICT', /stands twice/)('a name with a slash and with a backslash', [
    { name: 'a/b', content: 'x' },
    { name: 'a\\b', content: 'evil' },
  ]),
  refuses('ARCHIVE_MISMATCH', /has content/)('a directory with a backslash and content', [
    { name: 'a/b\\', content: 'evil' },
  ]),
  ...each('absolute', 'ARCHIVE_UNSAFE', /absolute/, absolute),
  ...each('unseen', 'ARCHIVE_UNSAFE', /control character or an invisible/, unseen),
  ...each('trimmed elsewhere', 'ARCHIVE_UNSAFE', /ends in a dot or a space|leads out/, trimmed),
  ...each('hollow', 'ARCHIVE_UNSAFE', /empty part/, hollow),
  ...each('over-long', 'ARCHIVE_UNSAFE', /bytes/, overlong),
  refuses('ARCHIVE_UNSAFE', /empty name/)('no name at all', [{ name: '' }]),
  ...harmless.map((name) => unpacks(`harmless: ${shown(name)}`, treeOf(name), [{ name, content: 'x' }])),
  unpacks('dots that mean here are left out', { 'a/': '', 'a/b': 'x' }, [{ name: './a/./b', content: 'x' }]),
  ...encodings,
];

function treeOf(name: string): Record<string, string> {
  const parents = name.split('/').slice(0, -1);
  return {
    ...Object.fromEntries(parents.map((_, n) => [`${parents.slice(0, n + 1).join('/')}/`, ''])),
    [name]: 'x',
  };
}
