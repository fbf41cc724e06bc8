import { expect, it } from 'vitest';
import type { ImageRegistry, RegistryLogins } from '#libs/registry';
import { treeOf } from '#libs/source-detect';
import type { EffectScope } from '../../task/effect-scope.js';
import { evolve, foldTask } from '../../task/domain/task.state.js';
import { accepted, releaseWith } from '../../task/domain/task.testing.js';
import type { Release } from '../../task/domain/task.events.js';
import { EngineImageBuilder } from '../adapters/image-builder.js';
import type { BuildEffectPorts } from '../source.js';
import { fetchSource } from './fetch-source.js';

const wanted = releaseWith('new', 1, { runtime: 'node', version: '3', command: ['x'] });
const { sourceDigest, config } = wanted;

const layers = { layers: [{ name: 'abcdef', bytes: 1 }] };

const fetchWith = (
  image: string,
  { dryRun = true, built, blob }: { dryRun?: boolean; built?: Release; blob?: string } = {},
) => {
  const disposed: string[] = [];
  const source = {
    blob,
    ...{ sourceDigest, config, directory: '/none', tree: treeOf({ 'package.json': '{}' }) },
    dispose: () => Promise.resolve(void disposed.push(sourceDigest)),
  };
  const ports: unknown = {
    releases: { byDigest: () => Promise.resolve(built) },
    layers: { ofRelease: () => Promise.resolve(layers) },
    sources: { fetch: () => Promise.resolve(source) },
    builder: new EngineImageBuilder({
      ...{
        builders: [],
        registry: {} as ImageRegistry,
        logins: {} as RegistryLogins,
        cacheMounts: false,
        installation: 'us',
      },
      baseImages: { byRuntime: { node: image }, legacy: {} },
    }),
    limits: { fetchMs: 9_000 },
  };
  const claim = { taskId: 't1/web', fence: 1n };
  const scope: EffectScope = { claim, signal: new AbortController().signal, kept: {} };
  const state = foldTask([accepted({ dryRun })]);
  const result = fetchSource.run(ports as BuildEffectPorts, scope, state, { kind: 'fetch-source' });
  return { result, disposed };
};

it('plan promised a build of a version that no base image has: it says what the build would', async () => {
  const { result, disposed } = fetchWith('slipway/node:24');
  await expect(result).rejects.toMatchObject({
    code: 'RUNTIME_UNKNOWN',
    message: expect.stringMatching(/no base image has this version of node; available: node /),
  });
  expect(disposed, 'its folder is removed').toEqual([sourceDigest]);
});

it('a plan goes on where a base image has the version, or where it is built already', async () => {
  const types = async (fetched: ReturnType<typeof fetchWith>) =>
    (await fetched.result).events.map(({ type }) => type);
  expect(await types(fetchWith('slipway/node:3.1'))).toEqual(['SourceFetched']);
  const built = fetchWith('slipway/node:24', { built: wanted });
  expect(await types(built)).toEqual(['SourceFetched', 'ReleaseReused']);
});

it('without a plan too it is refused before anything is built, and its folder is removed', async () => {
  const { result, disposed } = fetchWith('slipway/node:24', { dryRun: false });
  await expect(result).rejects.toMatchObject({ code: 'RUNTIME_UNKNOWN' });
  expect(disposed).toEqual([sourceDigest]);
});

it('says what the source is', async () => {
  const { events } = await fetchWith('slipway/node:3.1', { dryRun: false }).result;
  expect(events[0]?.data).toMatchObject({
    detected: expect.stringMatching(/^node, by config.json/) as string,
  });
});

it('a task that is taken over fetches from where its source lay, not from the other place', async () => {
  const source = { blob: 'shop--my_web.zip', orBlob: 'shop--my-web.zip' };
  const state = foldTask([accepted({ source })]);
  const { events } = await fetchWith('slipway/node:3.1', { blob: source.orBlob }).result;
  expect(events.reduce(evolve, state).source).toEqual({ blob: 'shop--my-web.zip' });
  const { events: usual } = await fetchWith('slipway/node:3.1').result;
  expect(usual.reduce(evolve, state).source).toEqual(source);
});

it('of what is built already it is known what the image consists of, but for a plan, which asks for no node', async () => {
  const layersOf = async (dryRun: boolean) => {
    const { events } = await fetchWith('slipway/node:24', { built: wanted, dryRun }).result;
    return foldTask([accepted({ dryRun }), ...events]).layers;
  };
  expect(await layersOf(false)).toEqual(layers);
  expect(await layersOf(true)).toBeUndefined();
});
