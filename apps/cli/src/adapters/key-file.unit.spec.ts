import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePrivateKey } from '#libs/ssh';
import { loginOfKeyFile } from './key-file.js';
import { makeKey } from './made-key.js';

let folder: string;
const at = (name: string): string => join(folder, name);
const loginOf = (name: string) => loginOfKeyFile(at(name), undefined, undefined);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-file-'));
  await writeFile(at('notes'), 'root:x:0:0');
  await writeFile(at('key'), makePrivateKey('test'));
  await makeKey(at('pair'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['nothing', 'nothing does not exist'],
  ['.', ' is a folder'],
  ['notes', 'notes: The private key cannot be read.'],
  ['pair.pub', 'pair.pub: This is a public key.'],
])('%s was sent as a login, or refused without its name and the reason', async (name, words) => {
  await expect(loginOf(name)).rejects.toMatchObject({
    ...{ code: 'USAGE', exitCode: 2 },
    message: expect.stringContaining(words) as string,
  });
});

it('a private key is a login', async () => {
  expect(await loginOf('key')).toEqual({ privateKey: expect.stringContaining('PRIVATE KEY') as string });
});

it('what stands in the way of a made key was told in two sentences with a colon between', async () => {
  await expect(makeKey(at('notes'))).rejects.toMatchObject({
    code: 'KEY_NOT_MADE',
    message: expect.stringMatching(/^The private key cannot be read: [^.]+$/) as string,
  });
});
