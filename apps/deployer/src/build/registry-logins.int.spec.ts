import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { connectEngine, type Engine, type RegistryAuth } from '#libs/engine';
import { type ImageRegistry, loginFor, type RegistryLogins, registryLogins } from '#libs/registry';
import { treeOf } from '#libs/source-detect';
import { requireEnv, uniqueName } from '#libs/testing';
import { Builder } from './adapters/builder.js';
import { EngineImageBuilder } from './adapters/image-builder.js';

/** The registry of the set-up asks for its login. Here it is that of somebody else: ours is another one. */
const { host } = new URL(requireEnv('REGISTRY_URL'));
const [username, password] = [requireEnv('REGISTRY_USERNAME'), requireEnv('REGISTRY_PASSWORD')];
const login: RegistryAuth = { username, password, serveraddress: host };
const own = { host: 'own.example:5000', login: () => Promise.resolve(undefined) } as Partial<ImageRegistry>;

const folder = mkdtempSync(join(tmpdir(), 'slipway-logins-'));
const repository = `${host}/${uniqueName('private')}/base`;
const made: string[] = [];
let engine: Engine;

/** Logins of a docker config.json that has the right login, for this host. */
function loginsOf(key: string): RegistryLogins {
  const file = join(folder, 'config.json');
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  writeFileSync(file, JSON.stringify({ auths: { [key]: { auth } } }));
  return registryLogins(own as ImageRegistry, file);
}

function context(dockerfile: string): Readable {
  const tar = pack();
  tar.entry({ name: 'Dockerfile' }, dockerfile);
  tar.finalize();
  return tar as unknown as Readable;
}

function buildFrom(base: string, logins: RegistryLogins, builder: 'buildkit' | 'classic') {
  const tag = `${uniqueName('slipway-test')}:1`;
  made.push(tag);
  return engine.build({ context: context(`FROM ${base}\nCOPY . /\n`), tag, labels: {}, logins, builder });
}

/** As the deployer has it. */
function builderWith(logins: RegistryLogins): EngineImageBuilder {
  const builder = new Builder({
    ...{ name: 'local', limit: 1, engine, freeBytes: () => Promise.resolve(undefined) },
    ...{ cacheMaxBytes: 1e12, minFreeBytes: 0, installation: 'logins-spec' },
    logger: { info: () => undefined, warn: () => undefined },
    close: () => Promise.resolve(),
  });
  return new EngineImageBuilder({
    ...{ builders: [builder], registry: own as ImageRegistry, logins },
    ...{ baseImages: { byRuntime: {}, legacy: {} }, cacheMounts: false, installation: 'logins-spec' },
  });
}

/** A service on this base, as a task has it built. */
async function buildService(base: string, logins: RegistryLogins): Promise<string> {
  const directory = mkdtempSync(join(folder, 'source-'));
  const Dockerfile = `FROM ${base}\nCOPY . /\n`;
  writeFileSync(join(directory, 'Dockerfile'), Dockerfile);
  const tag = `${uniqueName('slipway-test')}:1`;
  made.push(tag);
  const source = {
    ...{ sourceDigest: 'd', directory, tree: treeOf({ Dockerfile }), dispose: () => Promise.resolve() },
    config: parseServiceConfig('{"runtime":"dockerfile","port":80}'),
  };
  const order = { source, tag, labels: {}, secrets: {}, onOutput: () => undefined };
  await builderWith(logins).build('local', order, new AbortController().signal);
  return tag;
}

beforeAll(async () => {
  engine = connectEngine({ socketPath: new URL(requireEnv('BUILDER_HOST')).pathname });
  for (const tag of ['1', '2', '3', '4']) {
    const image = `${repository}:${tag}`;
    const dockerfile = `FROM scratch\nCOPY . /\nLABEL tag=${tag}\n`;
    await engine.build({ context: context(dockerfile), tag: image, labels: {} });
    await engine.push(image, login);
    await engine.removeImage(image);
  }
});
afterAll(async () => {
  for (const tag of made) await engine.removeImage(tag);
  await engine.close();
  rmSync(folder, { recursive: true });
});

describe('a base image in a registry of somebody else that asks for a login', () => {
  it.each(['buildkit', 'classic'] as const)('is had with the login of its host: %s', async (kind) => {
    const base = `${repository}:${kind === 'buildkit' ? 1 : 2}`;
    await expect(buildFrom(base, loginsOf('other.example'), kind)).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
    });
    expect((await buildFrom(base, loginsOf(host), kind)).imageId).toMatch(/^sha256:/);
    made.push(base);
  });

  it('is had for a service, with the logins of the deployer', async () => {
    const base = `${repository}:4`;
    const refused = buildService(base, loginsOf('other.example'));
    await expect(refused).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    expect(await engine.hasImage(await buildService(base, loginsOf(host)))).toBe(true);
  });

  it('is pinned and pulled with that login, as an image that is run', async () => {
    const image = `${repository}:3`;
    const refused = builderWith(loginsOf('other.example')).pin(image);
    await expect(refused).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    const logins = loginsOf(host);
    const pinned = await builderWith(logins).pin(image);
    expect(pinned).toMatch(new RegExp(`^${repository}@sha256:[0-9a-f]{64}$`));
    await engine.pull(pinned, await loginFor(logins, pinned));
    expect(await engine.hasImage(pinned)).toBe(true);
    made.push(pinned);
  });
});
