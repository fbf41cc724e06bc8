import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { requireEnv } from '#libs/testing';
import { startPooledPostgres } from '../../scripts/one-machine/pgbouncer.js';
import { NEWER_PGBOUNCER, newerPgBouncer } from './database-versions.js';
import { deploysOneService, Installation } from './installation.js';

/** Who may ask the pooler itself. */
const STATS = 'stats_users = postgres';

const poolers = [
  { version: '1.18.0', pooler: () => Promise.resolve({ settings: [STATS] }) },
  {
    version: NEWER_PGBOUNCER,
    pooler: async () => ({
      command: await newerPgBouncer(),
      settings: [STATS, 'max_prepared_statements = 200'],
    }),
  },
];

describe.each(poolers)('PgBouncer $version in transaction mode', ({ version, pooler }) => {
  let installation: Installation | undefined;
  beforeAll(async () => {
    const options = await pooler();
    installation = await Installation.start({
      name: `pgbouncer-${version}`,
      parts: [(setUp) => startPooledPostgres(setUp, options)],
    });
  });
  afterAll(() => installation?.stop());

  it('is what the apps are connected to, with a direct URL for what needs a session', async () => {
    const port = (name: string): string => new URL(requireEnv(name)).port;
    expect(port('DEPLOYER_DATABASE_URL')).not.toBe(port('DATABASE_DIRECT_URL'));
    const console = new URL(requireEnv('DATABASE_URL'));
    console.pathname = '/pgbouncer';
    const client = new pg.Client(console.href);
    await client.connect();
    const { rows } = await client.query<{ version: string }>('SHOW VERSION');
    await client.end();
    expect(rows[0]?.version).toBe(`PgBouncer ${version}`);
  });

  it('deploys a service', () => deploysOneService());
});
