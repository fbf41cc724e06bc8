import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobSettingsOf, blobStoreOf, blobStores } from '#libs/blob';
import { createRegistry } from '#libs/registry';
import { requireEnv } from '#libs/testing';
import { describeBlobStore } from '../../libs/blob/src/blob-store.contract.js';
import { startS3 } from '../../scripts/one-machine/s3.js';
import { deploysOneService, Installation } from './installation.js';

const NAMESPACE = '/team/deploys';

let installation: Installation | undefined;
beforeAll(async () => {
  installation = await Installation.start({
    name: 'storage',
    parts: [startS3],
    settings: () => ({ REGISTRY_URL: `${requireEnv('REGISTRY_URL')}${NAMESPACE}` }),
  });
});
afterAll(() => installation?.stop());

describeBlobStore('S3', () => blobStores(blobSettingsOf(process.env)));

it('a wrong key of S3 is BLOB_UNAVAILABLE, and is not printed', async () => {
  const { AWS_SECRET_ACCESS_KEY: key } = process.env;
  process.env['AWS_SECRET_ACCESS_KEY'] = 'not-the-key';
  const error: unknown = await blobStoreOf(process.env)
    .exists('any')
    .catch((thrown: unknown) => thrown);
  process.env['AWS_SECRET_ACCESS_KEY'] = key;
  expect(error).toMatchObject({
    code: 'BLOB_UNAVAILABLE',
    message: expect.stringContaining('403') as string,
  });
  expect(String(error)).not.toContain('not-the-key');
});

describe('a platform with S3 and a namespace of a registry that asks for a login', () => {
  it('deploys a service', () => deploysOneService());

  it('has pushed its image below the namespace', async () => {
    const registry = await createRegistry({
      url: requireEnv('REGISTRY_URL'),
      username: requireEnv('REGISTRY_USERNAME'),
      password: requireEnv('REGISTRY_PASSWORD'),
      ca: await readFile(requireEnv('REGISTRY_CA_FILE'), 'utf8'),
    });
    const names: string[] = [];
    for await (const name of registry.repositories()) names.push(name);
    expect(names).toContainEqual(expect.stringMatching(/^team\/deploys\/infra[a-z0-9-]*\/web$/));
  });
});
