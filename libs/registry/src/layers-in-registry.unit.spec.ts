import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { layersInRegistry } from './layers-in-registry.js';
import { RegistryHttp } from './registry-http.js';

let server: Server | undefined;
afterEach(() => server?.close());

/** A registry with these manifests and blobs, by their paths behind `/v2/shop/web/`. */
async function registryWith(content: Readonly<Record<string, unknown>>): Promise<RegistryHttp> {
  server = createServer((request, response) => {
    const found = content[request.url?.replace('/v2/shop/web/', '') ?? ''];
    response.writeHead(found === undefined ? 404 : 200).end(JSON.stringify(found ?? {}));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new RegistryHttp({ url, credentials: () => Promise.resolve(undefined) });
}

const manifest = (name: string, ...sizes: readonly number[]) => ({
  config: { digest: `config-${name}` },
  layers: sizes.map((size) => ({ size })),
});
const config = (architecture: string, ...diffIds: readonly string[]) => ({
  architecture,
  rootfs: { diff_ids: diffIds },
});
const entry = (digest: string, architecture: string, os = 'linux') => ({
  digest,
  platform: { os, architecture },
});

const content = {
  'manifests/both': {
    manifests: [
      entry('win', 'amd64', 'windows'),
      entry('arm', 'arm64'),
      entry('amd', 'amd64'),
      entry('proof', 'unknown', 'unknown'),
    ],
  },
  'manifests/amd': manifest('amd', 30, 4),
  'blobs/config-amd': config('amd64', 'sha256:a', 'sha256:b'),
  'manifests/arm': manifest('arm', 28),
  'blobs/config-arm': config('arm64', 'sha256:c'),
  'manifests/broken': manifest('arm', 28, 1),
  'manifests/proofs': { manifests: [entry('proof', 'unknown', 'unknown')] },
};

it('of an image for several machines are those of the architecture that is asked for, else of amd64', async () => {
  const http = await registryWith(content);
  const amd = {
    architecture: 'amd64',
    layers: [
      { diffId: 'sha256:a', bytes: 30 },
      { diffId: 'sha256:b', bytes: 4 },
    ],
  };
  const arm = { architecture: 'arm64', layers: [{ diffId: 'sha256:c', bytes: 28 }] };
  expect(await layersInRegistry(http, 'shop/web', 'both')).toEqual(amd);
  expect(await layersInRegistry(http, 'shop/web', 'both', 's390x')).toEqual(amd);
  expect(await layersInRegistry(http, 'shop/web', 'both', 'arm64')).toEqual(arm);
  expect(await layersInRegistry(http, 'shop/web', 'arm', 'amd64')).toEqual(arm);
});

it('are not known where manifest and config differ in their number, or where there is no image', async () => {
  const http = await registryWith(content);
  expect(await layersInRegistry(http, 'shop/web', 'broken')).toBeUndefined();
  expect(await layersInRegistry(http, 'shop/web', 'proofs')).toBeUndefined();
  await expect(layersInRegistry(http, 'shop/web', 'none')).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
});
