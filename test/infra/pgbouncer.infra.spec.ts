import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireEnv } from '#libs/testing';
import { startPooledPostgres } from '../../scripts/one-machine/pgbouncer.js';
import { deploysOneService, Installation } from './installation.js';

let installation: Installation | undefined;
beforeAll(async () => {
  installation = await Installation.start({ name: 'pgbouncer', parts: [startPooledPostgres] });
});
afterAll(() => installation?.stop());

it('deploys a service through PgBouncer in transaction mode, with a direct URL for what needs a session', async () => {
  const port = (name: string): string => new URL(requireEnv(name)).port;
  expect(port('DEPLOYER_DATABASE_URL')).not.toBe(port('DATABASE_DIRECT_URL'));
  await deploysOneService();
});
