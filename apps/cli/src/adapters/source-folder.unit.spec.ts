import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import AdmZip from 'adm-zip';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestFolder } from './service-folder.testing.js';
import { checkSource, readZip } from './source-folder.js';
import { zipFolder } from './zip-folder.js';

let folder: TestFolder;
beforeEach(async () => {
  folder = await TestFolder.make();
});
afterEach(() => folder.remove());

const service = (name: string): Promise<string> => folder.service(name);

it('a fault was told with config.json twice: it has the path, then the field', async () => {
  const root = await service('prices');
  const path = join(root, 'config.json');
  await writeFile(path, '{"runtime": "static", "port": 8080, "env": {"A": 1}}');
  const expected = `${path}: env.A: expected string, received number`;
  await expect(checkSource(root)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expected });
  await writeFile(path, '{');
  await expect(checkSource(root)).rejects.toMatchObject({
    message: expect.stringMatching(/config\.json: the file: /) as string,
  });
});

it('a folder was walked again after its check: what was checked is what is sent', async () => {
  const root = await service('site');
  await writeFile(join(root, 'config.json'), '{"runtime": "static", "port": 8080}');
  await writeFile(join(root, 'index.html'), '<!doctype html>');
  await writeFile(join(root, '.env'), '');
  const { detected, sent } = await checkSource(root);
  await writeFile(join(root, 'late.txt'), '');
  expect(detected).toMatch(/^static, by config\.json/);
  const names = new AdmZip(await zipFolder(sent)).getEntries().map((entry) => entry.entryName);
  expect(names).toEqual(['config.json', 'index.html']);
  expect(sent.leftOut).toEqual([{ path: '.env', by: 'default' }]);
});

describe('a source that cannot be served was refused after its upload', () => {
  const unclear = { code: 'SOURCE_UNCLEAR', exitCode: 2 };

  it('as a folder: what the zip would hold counts', async () => {
    const root = await service('notes');
    await writeFile(join(root, 'config.json'), '{ "port": 8080 } // no more');
    await writeFile(join(root, 'package.json'), '{}');
    await writeFile(join(root, '.slipwayignore'), 'package.json');
    const message = `${join(root, 'config.json')}: runtime: no file at the root shows what the source is written in`;
    await expect(checkSource(root)).rejects.toMatchObject({ ...unclear, message });
  });

  it('as a zip', async () => {
    const zip = new AdmZip();
    zip.addFile('config.json', Buffer.from('{"port": 8080}'));
    const path = join(folder.path, 'source.zip');
    await writeFile(path, zip.toBuffer());
    await expect(readZip(path)).rejects.toMatchObject({
      ...unclear,
      message: expect.stringContaining(`${path}:config.json: runtime: no file`) as string,
    });
  });
});

describe('reading a ready zip', () => {
  it('the config.json of a folder was read where that came first in the zip: the one at the root counts', async () => {
    const zip = new AdmZip({ noSort: true });
    zip.addFile('config/config.json', Buffer.from('{"development": {"dialect": "sqlite"}}'));
    zip.addFile('config.json', Buffer.from('{"runtime": "static", "port": 8080}'));
    zip.addFile('index.html', Buffer.from('<!doctype html><title>Shop</title>'));
    const path = join(folder.path, 'source.zip');
    await writeFile(path, zip.toBuffer());
    expect((await readZip(path)).detected).toContain('static');
  });

  it('a zip of Windows had no config.json: backslashes are read as slashes', async () => {
    const zip = new AdmZip();
    zip.addFile('shop/config.json', Buffer.from('{"runtime": "static", "port": 8080}'));
    zip.addFile('shop/index.html', Buffer.from('<!doctype html><title>Shop</title>'));
    const bytes = Buffer.from(zip.toBuffer().toString('latin1').replaceAll('shop/', 'shop\\'), 'latin1');
    const path = join(folder.path, 'source.zip');
    await writeFile(path, bytes);
    expect(await readZip(path)).toEqual({ bytes, detected: expect.stringContaining('static') as string });
  });

  it.each([
    ['ARCHIVE_CORRUPT', Buffer.from('not a zip')],
    ['CONFIG_MISSING', new AdmZip().toBuffer()],
  ])('refuses with %s', async (code, bytes) => {
    const path = join(folder.path, 'source.zip');
    await writeFile(path, bytes);
    await expect(readZip(path)).rejects.toMatchObject({ code, exitCode: 2 });
  });
});
