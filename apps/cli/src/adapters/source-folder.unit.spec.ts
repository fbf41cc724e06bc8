import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AdmZip from 'adm-zip';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfig, findServices, readZip, zipFolder } from './source-folder.js';

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

describe('finding services', () => {
  it('takes every child folder with a config.json, by name', async () => {
    await service('site');
    await service('prices');
    await mkdir(join(folder, 'notes'));
    expect((await findServices(folder)).map((found) => found.name)).toEqual(['prices', 'site']);
  });

  it('takes the folder itself when it is one service', async () => {
    expect(await findServices(await service('prices'))).toMatchObject([{ name: 'prices' }]);
  });

  it('refuses a folder name that cannot name a service', async () => {
    await service('My_Prices');
    await expect(findServices(folder)).rejects.toMatchObject({ code: 'SERVICE_NAME', exitCode: 2 });
  });

  it('finds the three services of the example, each with a config that parses', async () => {
    const found = await findServices(join(import.meta.dirname, '../../../../examples/shop'));
    expect(found.map(({ name }) => name)).toEqual(['app-server', 'prices', 'site']);
    for (const { directory } of found) await checkConfig(directory);
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
});

describe('reading a ready zip', () => {
  it.each([
    ['ARCHIVE_CORRUPT', Buffer.from('not a zip')],
    ['CONFIG_MISSING', new AdmZip().toBuffer()],
  ])('refuses with %s', async (code, bytes) => {
    const path = join(folder, 'source.zip');
    await writeFile(path, bytes);
    await expect(readZip(path)).rejects.toMatchObject({ code, exitCode: 2 });
  });
});
