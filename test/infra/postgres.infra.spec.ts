import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { requireEnv } from '#libs/testing';
import { startPostgres } from '../../scripts/one-machine/postgres.js';
import { postgresBinaries, postgresMajors } from './database-versions.js';
import { deploysOneService, Installation } from './installation.js';

/** The set-up itself has the newest. */
describe.each(postgresMajors)('Postgres %i', (major) => {
  let installation: Installation | undefined;
  beforeAll(async () => {
    const binaries = await postgresBinaries(major);
    installation = await Installation.start({
      name: `postgres-${major}`,
      parts: [(setUp) => startPostgres(setUp, { binaries })],
    });
  });
  afterAll(() => installation?.stop());

  it('is what the apps are connected to', async () => {
    const client = new pg.Client(requireEnv('DATABASE_URL'));
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    await client.end();
    expect(rows[0]?.server_version).toMatch(new RegExp(`^${major}\\.`));
  });

  it('deploys a service', () => deploysOneService());
});
