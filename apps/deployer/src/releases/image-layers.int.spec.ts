import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageLayers } from '#libs/contracts';
import { connectEngine, type Engine, layerNames } from '#libs/engine';
import { type Pool, transaction } from '#libs/postgres';
import { registryLogins } from '#libs/registry';
import { requireEnv, type TestDatabase, uniqueName } from '#libs/testing';
import { createDeployerDatabase } from '../task/database.testing.js';
import { foldTask } from '../task/domain/task.state.js';
import { accepted, releaseWith } from '../task/domain/task.testing.js';
import { RegistryImageLayers } from './adapters/image-layers.js';
import { PostgresLayers } from './adapters/release-layers.js';
import * as rows from './adapters/release-rows.js';

const { host } = new URL(requireEnv('REGISTRY_URL'));
const login = {
  ...{ username: requireEnv('REGISTRY_USERNAME'), password: requireEnv('REGISTRY_PASSWORD') },
  serveraddress: host,
};
const logins = registryLogins({ host, login: () => Promise.resolve(login) }, undefined);
const ca = readFileSync(requireEnv('REGISTRY_CA_FILE'), 'utf8');
const failures: unknown[] = [];
const registry = new RegistryImageLayers({ host, url: requireEnv('REGISTRY_URL'), ca }, logins, (error) =>
  failures.push(error),
);
const repository = `${host}/${uniqueName('layers')}/web`;
let engine: Engine;
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  engine = connectEngine({ socketPath: new URL(requireEnv('BUILDER_HOST')).pathname });
  database = await createDeployerDatabase();
  ({ pool } = database);
});
afterAll(async () => {
  await engine.close();
  await database.drop();
});

/** Two layers, the second of them of so many bytes that nothing can compress. */
async function pushed(tag: string, bytes: number): Promise<{ image: string; names: readonly string[] }> {
  const ref = `${repository}:${tag}`;
  const tar = pack();
  tar.entry({ name: 'Dockerfile' }, 'FROM scratch\nCOPY Dockerfile /\nCOPY random /\n');
  tar.entry({ name: 'random' }, Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))));
  tar.finalize();
  await engine.build({ context: tar as unknown as Readable, tag: ref, labels: {} });
  const { digest } = await engine.push(ref, login);
  const names = layerNames((await engine.imageLayers(ref)) ?? []);
  await engine.removeImage(ref);
  return { image: `${repository}@${digest}`, names };
}

describe('what an image consists of', () => {
  it('has the names in the registry that an engine gives it, with sizes as they are pulled', async () => {
    const { image, names } = await pushed('1', 60_000);
    const found = await registry.of({ image });
    expect(found?.layers.map(({ name }) => name)).toEqual(names);
    expect(found).toMatchObject({ architecture: 'amd64' });
    const [small, large] = found?.layers.map(({ bytes }) => bytes) ?? [];
    expect(small).toBeGreaterThan(0);
    expect(small).toBeLessThan(1_000);
    expect(large).toBeGreaterThan(60_000);
    expect(large).toBeLessThan(62_000);
    expect(failures).toEqual([]);
  });

  it('is not known, and told, where the registry does not have it or is not there', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(await registry.of({ image: `${repository}@${digest}` })).toBeUndefined();
    expect(await registry.of({ image: `127.0.0.1:1/shop/web@${digest}` })).toBeUndefined();
    expect(failures).toMatchObject([{ code: 'IMAGE_NOT_FOUND' }, { code: 'REGISTRY_UNREACHABLE' }]);
  });

  it('is asked for once of a release that was recorded without, and known at once of one that was just pushed', async () => {
    const asked: string[] = [];
    const found: ImageLayers = { architecture: 'amd64', layers: [{ name: 'abcdef', bytes: 7 }] };
    const layers = new PostgresLayers(pool, {
      of: ({ image }) => Promise.resolve((asked.push(image), image === 'unknown' ? undefined : found)),
    });
    const [older, newer] = [
      { ...releaseWith('older', 1), image: 'registry/older@sha256:1' },
      { ...releaseWith('newer', 1), image: 'registry/newer@sha256:2' },
    ];
    const state = foldTask([accepted({})]);
    await transaction(pool, (tx) => rows.insertRelease(tx, state, older));
    await transaction(pool, (tx) => rows.insertRelease(tx, state, newer, found));
    for (const release of [older, older, newer]) expect(await layers.ofRelease(release)).toEqual(found);
    expect(asked).toEqual([older.image]);
    // Built anew, it is another image.
    const again = { ...newer, image: 'unknown' };
    expect(await layers.ofRelease(again)).toBeUndefined();
    expect(await layers.ofRelease(newer)).toEqual(found);
    expect(asked).toEqual([older.image, 'unknown']);
  });
});
