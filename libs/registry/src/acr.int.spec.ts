import { ContainerRegistryClient } from '@azure/container-registry';
import Docker from 'dockerode';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine, type Engine } from '#libs/engine';
import { requireEnv, uniqueName } from '#libs/testing';
import { type AcrLike, startAcrLike } from '../../../scripts/one-machine/acr.js';
import { identityLogin } from './acr-login.js';
import { AcrRegistry } from './acr-registry.js';
import type { Credentials, UserPassword } from './registry.js';

const IMAGE = 'slipway/python:3.11';

const docker = new Docker({ socketPath: new URL(requireEnv('BUILDER_HOST')).pathname });
let acr: AcrLike;
let engine: Engine;
beforeAll(async () => {
  acr = await startAcrLike(new URL(requireEnv('REGISTRY_URL')).hostname);
  await trust();
  engine = connectEngine({ socketPath: new URL(requireEnv('BUILDER_HOST')).pathname });
});
afterAll(async () => {
  await engine.close();
  await acr.stop();
});

/** The engine looks into /etc/docker/certs.d at every transfer; a container that is never started writes there. */
async function trust(): Promise<void> {
  const HostConfig = { Binds: ['/etc/docker:/trust'] };
  const container = await docker.createContainer({ Image: IMAGE, Cmd: ['true'], HostConfig });
  const tar = pack();
  tar.entry({ name: `certs.d/${new URL(acr.url).host}/ca.crt` }, acr.ca);
  tar.finalize();
  await container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: '/trust' });
  await container.remove();
}

/** An image of one small file of its own. */
async function makeImage(tag: string): Promise<void> {
  const layer = pack();
  layer.entry({ name: 'name' }, tag);
  layer.finalize();
  const [repo, version] = [tag.slice(0, tag.lastIndexOf(':')), tag.slice(tag.lastIndexOf(':') + 1)];
  await buffer(await docker.importImage(layer as unknown as NodeJS.ReadableStream, { repo, tag: version }));
}

const identity = (): Credentials => identityLogin(acr.url, acr.ca, () => Promise.resolve(acr.identityToken));
const principal = (): Credentials => () =>
  Promise.resolve({ username: acr.username, password: acr.password });
const registryWith = (credentials: Credentials): AcrRegistry =>
  new AcrRegistry({ url: acr.url, ca: acr.ca, credentials });

describe('ACR', () => {
  it.each([
    ['username and password', principal],
    ['an Azure identity', identity],
  ])('an engine pushes and pulls with the login that %s give', async (_what, credentials) => {
    const registry = registryWith(credentials());
    const repository = registry.repository(uniqueName('engine'), 'web');
    const tag = `${registry.host}/${repository}:1`;
    await makeImage(tag);
    const { digest } = await engine.push(tag, await registry.login());
    await engine.removeImage(tag);
    expect(await registry.digestOf(repository, '1')).toBe(digest);
    const image = `${registry.host}/${repository}@${digest}`;
    await engine.pull(image, await registry.login());
    expect(await engine.hasImage(image)).toBe(true);
    await engine.removeImage(image);
  });

  it('an engine with a wrong login is refused', async () => {
    const credentials = (): Promise<UserPassword> =>
      Promise.resolve({ username: acr.username, password: 'wrong' });
    const registry = registryWith(credentials);
    const tag = `${registry.host}/${uniqueName('engine')}:1`;
    await makeImage(tag);
    await expect(engine.push(tag, await registry.login())).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    await engine.removeImage(tag);
  });

  it('an identity that the registry does not take is REGISTRY_DENIED, for engines too', async () => {
    const stranger = registryWith(identityLogin(acr.url, acr.ca, () => Promise.resolve('nobody')));
    await expect(stranger.digestOf('some/thing', 't')).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    await expect(stranger.login()).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  });

  it("an identity's token is exchanged once for many calls", async () => {
    const exchanges = (): number => acr.requests().filter((one) => one === 'POST /oauth2/exchange').length;
    const before = exchanges();
    const registry = registryWith(identity());
    const [one, another] = [await registry.login(), await registry.login()];
    for await (const _name of registry.repositories()) break;
    expect(one).toMatchObject({ username: '00000000-0000-0000-0000-000000000000' });
    expect(another).toEqual(one);
    expect(exchanges() - before).toBe(1);
  });

  it('its own API answers listings and digests, not the distribution API', async () => {
    const registry = registryWith(principal());
    const before = acr.requests().length;
    for await (const _name of registry.repositories()) break;
    await registry.digestOf('some/thing', 't').catch(() => undefined);
    const asked = acr.requests().slice(before);
    expect(asked).toContain('GET /acr/v1/_catalog');
    expect(asked).toContain('GET /acr/v1/some/thing/_tags/t');
    expect(asked.filter((one) => one.includes('/v2/'))).toEqual([]);
  });

  it("the registry of these tests exchanges tokens as Azure's client expects it of ACR", async () => {
    const expiresOnTimestamp = Date.now() + 3_600_000;
    const credential = { getToken: () => Promise.resolve({ token: acr.identityToken, expiresOnTimestamp }) };
    const client = new ContainerRegistryClient(acr.url, credential, { tlsOptions: { ca: acr.ca } });
    const names: string[] = [];
    for await (const name of client.listRepositoryNames()) names.push(name);
    expect(names.length).toBeGreaterThan(0);
  });
});
