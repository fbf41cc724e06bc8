import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { createDeployerDatabase, type DeployerDatabase } from '../../task/database.testing.js';
import { kindredRelease } from './kindred-release.js';

let database: DeployerDatabase;
beforeAll(async () => {
  database = await createDeployerDatabase();
});
afterAll(() => database.close());

const config = (runtime: string, more: object = {}) =>
  parseServiceConfig(JSON.stringify({ runtime, port: 80, ...more }));

async function built(id: string, service: string, runtime: string, more: object = {}, retired = false) {
  await database.pool.query(
    `INSERT INTO releases (id, app_id, service, source_digest, release, retired_at)
     VALUES ($1, 'shop', $2, $1, $3, CASE WHEN $4 THEN now() END)`,
    [id, service, { id, config: config(runtime, more) }, retired],
  );
}

const kindredOf = async (service: string, runtime: string, more: object = {}) =>
  (await kindredRelease(database.pool, 'shop', service, config(runtime, more)))?.id;

it('the release with layers in common is the newest of the service, else one on the same base, and none that is retired', async () => {
  expect(await kindredOf('web', 'node')).toBeUndefined();
  await built('web-1', 'web', 'node');
  await built('web-2', 'web', 'node');
  await built('prices-1', 'prices', 'node');
  await built('prices-2', 'prices', 'node', { version: '22' });
  await built('prices-3', 'prices', 'node', {}, true);
  await built('tool-1', 'tool', 'dockerfile');
  expect(await kindredOf('web', 'node')).toBe('web-2');
  expect(await kindredOf('other', 'node')).toBe('prices-1');
  expect(await kindredOf('other', 'node', { version: '22' })).toBe('prices-2');
  expect(await kindredOf('other', 'python')).toBeUndefined();
  // What another Dockerfile builds on, nobody knows.
  expect(await kindredOf('other', 'dockerfile')).toBeUndefined();
  expect(await kindredOf('tool', 'dockerfile')).toBe('tool-1');
});
