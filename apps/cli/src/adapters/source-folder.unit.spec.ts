import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import AdmZip from 'adm-zip';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkConfig, readZip, zipFolder } from './source-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function service(name: string): Promise<string> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'config.json'), '{}');
  return join(folder, name);
}

const names = (bytes: Buffer): string[] => new AdmZip(bytes).getEntries().map((entry) => entry.entryName);

it('a fault was told with config.json twice: it has the path, then the field', async () => {
  const root = await service('prices');
  const path = join(root, 'config.json');
  await writeFile(path, '{"runtime": "static", "port": 8080, "env": {"A": 1}}');
  const expected = `${path}: env.A: expected string, received number`;
  await expect(checkConfig(root)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expected });
  await writeFile(path, '{');
  await expect(checkConfig(root)).rejects.toMatchObject({
    message: expect.stringMatching(/config\.json: the file: /) as string,
  });
});

describe('zipping a folder', () => {
  it('keeps folders and executable bits and leaves dependencies out', async () => {
    const root = await service('prices');
    await mkdir(join(root, 'bin'));
    await writeFile(join(root, 'bin/start'), '#!/bin/sh\n');
    await chmod(join(root, 'bin/start'), 0o755);
    await mkdir(join(root, 'node_modules'));
    await writeFile(join(root, 'node_modules/big.js'), '');
    const bytes = await zipFolder(root);
    expect(names(bytes)).toEqual(['bin/start', 'config.json']);
    const modes = new AdmZip(bytes).getEntries().map((entry) => entry.attr >>> 16);
    expect(modes).toEqual([0o100755, 0o100644]);
  });

  it('refuses a link, which the deployer would refuse later', async () => {
    const root = await service('prices');
    await symlink('/etc/hostname', join(root, 'link'));
    await expect(zipFolder(root)).rejects.toMatchObject({ code: 'ARCHIVE_UNSAFE', exitCode: 2 });
  });

  it('the same folder made another zip two seconds later: equal folders give equal bytes', async () => {
    const content = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(path, content), { selector: ([name]) => name }),
        fc.tuple(moment, moment),
        fc.tuple(moment, moment),
        async (files, [mtime, otherMtime], [now, otherNow]) => {
          const zip = await zippedAt(now, await written(files, mtime));
          expect(await zippedAt(otherNow, await written(files.toReversed(), otherMtime))).toEqual(zip);
          expect(names(zip)).toHaveLength(files.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('the order of a zip depended on the language of the machine', async () => {
    const root = await service('prices');
    for (const name of ['ä', 'z', 'B', 'a', 'Ö']) await writeFile(join(root, name), name);
    expect(names(await zipFolder(root))).toEqual(['B', 'a', 'config.json', 'z', 'Ö', 'ä']);
  });
});

/** Folders and files never share a name. */
const path = fc
  .tuple(
    fc.array(fc.constantFrom('lib', 'Lib', 'über'), { maxLength: 2 }),
    fc.constantFrom('a', 'B', 'ä', 'z.js'),
  )
  .map(([folders, file]) => [...folders, file].join('/'));
const moment = fc.date({ min: new Date('1971-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });

/** A folder with these files, made in this order and last changed then. */
async function written(files: readonly (readonly [string, Uint8Array])[], mtime: Date): Promise<string> {
  const root = await mkdtemp(join(folder, 'tree-'));
  for (const [name, bytes] of files) {
    const file = join(root, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    await utimes(file, mtime, mtime);
  }
  return root;
}

async function zippedAt(now: Date, root: string): Promise<Buffer> {
  vi.useFakeTimers({ toFake: ['Date'], now });
  try {
    return await zipFolder(root);
  } finally {
    vi.useRealTimers();
  }
}

describe('reading a ready zip', () => {
  it('a zip of Windows had no config.json: backslashes are read as slashes', async () => {
    const zip = new AdmZip();
    zip.addFile('shop/config.json', Buffer.from('{"runtime": "static", "port": 8080}'));
    const bytes = Buffer.from(
      zip.toBuffer().toString('latin1').replaceAll('shop/config', 'shop\\config'),
      'latin1',
    );
    const path = join(folder, 'source.zip');
    await writeFile(path, bytes);
    expect(await readZip(path)).toEqual(bytes);
  });

  it.each([
    ['ARCHIVE_CORRUPT', Buffer.from('not a zip')],
    ['CONFIG_MISSING', new AdmZip().toBuffer()],
  ])('refuses with %s', async (code, bytes) => {
    const path = join(folder, 'source.zip');
    await writeFile(path, bytes);
    await expect(readZip(path)).rejects.toMatchObject({ code, exitCode: 2 });
  });
});
