import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import AdmZip from 'adm-zip';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { extractArchive, packDirectory, sourceDigest } from './index.js';

const limits = { maxEntries: 20, maxEntryBytes: 8_000_000, maxTotalBytes: 9_000_000, maxRatio: 100 };
let folder: string;
let out: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-archive-'));
  out = join(folder, 'out');
  await mkdir(out);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const zipOf = (files: Readonly<Record<string, string | Buffer>>): Buffer => {
  const zip = new AdmZip();
  for (const [name, content] of Object.entries(files)) zip.addFile(name, Buffer.from(content));
  return zip.toBuffer();
};

/** The same length, so that every offset in the archive stays true. */
function renamed(bytes: Buffer, from: string, to: string): Buffer {
  expect(to).toHaveLength(from.length);
  return Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1');
}

async function unpack(bytes: Buffer): Promise<string[]> {
  const path = join(folder, 'a.zip');
  await writeFile(path, bytes);
  await extractArchive(path, out, limits);
  return (await readdir(out, { recursive: true, withFileTypes: true }))
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name).slice(out.length + 1))
    .sort();
}

/** A zip whose one entry has a Unix file type, in the upper half of its external attributes. */
function typed(type: number): Buffer {
  const bytes = zipOf({ thing: '/etc/passwd' });
  const central = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  bytes.writeUInt32LE(((type | 0o777) << 16) >>> 0, central + 38);
  return bytes;
}

function encrypted(): Buffer {
  const bytes = zipOf({ 'secret.txt': 'x' });
  const central = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  bytes.writeUInt16LE(bytes.readUInt16LE(central + 8) | 1, central + 8);
  return bytes;
}

describe('a good archive', () => {
  it('is unpacked as it is', async () => {
    expect(await unpack(zipOf({ 'config.json': '{}', 'src/app.py': 'print()' }))).toEqual([
      'config.json',
      'src/app.py',
    ]);
    expect(await readFile(join(out, 'src/app.py'), 'utf8')).toBe('print()');
  });

  it('may have a single root folder and the clutter of macOS', async () => {
    expect(
      await unpack(
        zipOf({
          'shop/config.json': '{}',
          'shop/a/b.txt': 'b',
          '__MACOSX/shop/._b': 'x',
          'shop/.DS_Store': 'x',
        }),
      ),
    ).toEqual(['a/b.txt', 'config.json']);
  });
});

describe('a hostile archive', () => {
  const plain = zipOf({ aaaaaaaaaa: 'x', 'config.json': '{}' });
  it.each<[string, string, () => Buffer]>([
    ['traversal', 'ARCHIVE_UNSAFE', () => renamed(plain, 'aaaaaaaaaa', '../../evil')],
    ['traversal inside a path', 'ARCHIVE_UNSAFE', () => renamed(plain, 'aaaaaaaaaa', 'a/../../ev')],
    ['an absolute name', 'ARCHIVE_UNSAFE', () => renamed(plain, 'aaaaaaaaaa', '/etc/evil1')],
    ['a drive letter', 'ARCHIVE_UNSAFE', () => renamed(plain, 'aaaaaaaaaa', 'C:/evil.sh')],
    ['a control character', 'ARCHIVE_UNSAFE', () => renamed(plain, 'aaaaaaaaaa', 'evil\n.shxx')],
    ['a link', 'ARCHIVE_LINK', () => typed(0o120000)],
    ['a device', 'ARCHIVE_UNSAFE', () => typed(0o020000)],
    ['an encrypted file', 'ARCHIVE_ENCRYPTED', encrypted],
    [
      'a name twice',
      'ARCHIVE_NAME_CONFLICT',
      () => renamed(zipOf({ 'one.txt': '1', 'two.txt': '2' }), 'two.txt', 'one.txt'),
    ],
    ['names that differ by case', 'ARCHIVE_NAME_CONFLICT', () => zipOf({ 'a.txt': '1', 'A.TXT': '2' })],
    ['a bomb by ratio', 'ARCHIVE_TOO_LARGE', () => zipOf({ zeros: Buffer.alloc(7_000_000) })],
    [
      'too many entries',
      'ARCHIVE_TOO_LARGE',
      () => zipOf(Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`f${n}`, 'x']))),
    ],
    ['one file too large', 'ARCHIVE_TOO_LARGE', () => zipOf({ big: Buffer.alloc(8_000_001, 'random') })],
    ['a truncated file', 'ARCHIVE_CORRUPT', () => plain.subarray(0, plain.length - 30)],
    ['no zip at all', 'ARCHIVE_CORRUPT', () => Buffer.from('hello')],
    ['an empty file', 'ARCHIVE_CORRUPT', () => Buffer.alloc(0)],
    ['an archive of nothing', 'ARCHIVE_EMPTY', () => zipOf({})],
  ])('%s is refused as %s and nothing is written outside', async (_what, code, make) => {
    await expect(unpack(make())).rejects.toMatchObject({ code, hint: expect.stringMatching(/./) as string });
    expect(await readdir(folder)).toEqual(expect.arrayContaining(['out']));
    expect(await readdir(out)).toEqual([]);
  });
});

it('a climbing name with backslashes was refused with a hint that says nothing of them', async () => {
  const zip = renamed(zipOf({ aaaaaaa: 'x', 'config.json': '{}' }), 'aaaaaaa', '..\\evil');
  const hint = expect.stringMatching(/^The name has backslashes, .* Windows/) as string;
  await expect(unpack(zip)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE', hint });
});

describe('the source digest', () => {
  it('changes with content, name and executable bit, and with nothing else', async () => {
    const file = join(out, 'a.sh');
    const digests: string[] = [];
    const take = async (): Promise<void> => void digests.push(await sourceDigest(out));
    await writeFile(file, 'echo 1');
    await take();
    await writeFile(file, 'echo 2');
    await take();
    await chmod(file, 0o755);
    await take();
    await writeFile(join(out, 'b'), '');
    await take();
    expect(new Set(digests).size).toBe(4);
    await rm(join(out, 'b'));
    expect(await sourceDigest(out)).toBe(digests[2]);
  });
});

async function packed(options?: Parameters<typeof packDirectory>[1]): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of packDirectory(out, options).pipe(extract())) {
    found.push(`${entry.header.type} ${entry.header.name}`);
    entry.resume();
  }
  return found;
}

describe('case 19: an empty folder was lost, and a Dockerfile that copies it failed', () => {
  const withFolders = (): Buffer => {
    const zip = new AdmZip();
    for (const [name, content] of [
      ['a/b/c.txt', 'x'],
      ['a/', ''],
      ['a/b/', ''],
      ['config.json', '{}'],
      ['logs/old/', ''],
    ])
      zip.addFile(name ?? '', Buffer.from(content ?? ''));
    return zip.toBuffer();
  };

  it('it is unpacked and packed', async () => {
    await unpack(withFolders());
    expect(await packed()).toEqual([
      'directory logs',
      'directory logs/old',
      'file a/b/c.txt',
      'file config.json',
    ]);
  });

  it('the digest knows it; of a tree without empty folders it is as before', async () => {
    const path = join(folder, 'a.zip');
    await writeFile(path, withFolders());
    const { sourceDigest: unpacked } = await extractArchive(path, out, limits);
    expect(await sourceDigest(out)).toBe(unpacked);
    await rm(join(out, 'logs'), { recursive: true });
    const without = await sourceDigest(out);
    expect(without).not.toBe(unpacked);
    const hash = createHash('sha256');
    for (const [name, content] of [
      ['a/b/c.txt', 'x'],
      ['config.json', '{}'],
    ] as const)
      hash.update(JSON.stringify([name, 0o644, content.length])).update(content);
    expect(without).toBe(hash.digest('hex'));
  });

  it('one whose content is left out stays, as in docker build', async () => {
    await unpack(zipOf({ 'logs/a.log': '', 'tmp/b': '', 'src/a.ts': '' }));
    const ignores = (name: string): boolean => name.endsWith('.log') || name.startsWith('tmp');
    expect(await packed({ ignores })).toEqual(['directory logs', 'file src/a.ts']);
  });
});

describe('packDirectory', () => {
  it("holds the tree sorted, with extra files in place of the tree's own", async () => {
    await writeFile(join(out, 'b.txt'), 'b');
    await writeFile(join(out, 'Dockerfile'), 'FROM evil');
    const found: [string, string][] = [];
    for await (const entry of packDirectory(out, { extraFiles: { Dockerfile: 'FROM good' } }).pipe(
      extract(),
    )) {
      found.push([entry.header.name, await text(entry)]);
    }
    expect(found).toEqual([
      ['b.txt', 'b'],
      ['Dockerfile', 'FROM good'],
    ]);
  });

  it('holds links as links, and the digest knows where they point to', async () => {
    await symlink('one', join(out, 'link'));
    const first = await sourceDigest(out);
    const found: [string, string | null | undefined][] = [];
    for await (const entry of packDirectory(out).pipe(extract())) {
      found.push([`${entry.header.type} ${entry.header.name}`, entry.header.linkname]);
      entry.resume();
    }
    expect(found).toEqual([['symlink link', 'one']]);
    await rm(join(out, 'link'));
    await symlink('two', join(out, 'link'));
    expect(await sourceDigest(out)).not.toBe(first);
  });
});
