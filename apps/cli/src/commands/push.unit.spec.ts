import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TestFolder } from '../adapters/service-folder.testing.js';
import { Output } from '../output.js';
import { push } from './push.js';

let folder: TestFolder;
beforeEach(async () => {
  folder = await TestFolder.make();
  for (const name of ['AZURE_STORAGE_CONNECTION_STRING', 'AZURE_STORAGE_URL', 'S3_URL']) vi.stubEnv(name, '');
  vi.stubEnv('SLIPWAY_BLOB_FOLDER', folder.path);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await folder.remove();
});

it.each([
  ['vite build', true],
  [undefined, false],
])('the build %s did not see .env.production, and slipway push said nothing of it', async (build, isSaid) => {
  const site = await folder.service('site', '{"runtime": "static", "port": 8080}');
  await writeFile(join(site, '.env.production'), 'VITE_API_URL=https://api.example.org\n');
  await writeFile(join(site, 'index.html'), '<!doctype html>');
  const manifest = { scripts: { build }, devDependencies: build === undefined ? {} : { vite: '5' } };
  await writeFile(join(site, 'package.json'), JSON.stringify(manifest));
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text) } as never;
  const output = new Output({ json: false, out: stream, err: stream });
  expect(await push({ path: site, appId: 'shop' }, output)).toBe(0);
  expect(said.some((line) => line.startsWith('note: site: .env.production is left out'))).toBe(isSaid);
  expect(said.join('')).toContain('uploaded shop--site.zip');
});
