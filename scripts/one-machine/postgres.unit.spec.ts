import { afterEach, expect, it, vi } from 'vitest';
import { theirs } from './part.js';
import { startPostgres } from './postgres.js';
import type { SetUp } from './set-up.js';

afterEach(() => void vi.unstubAllEnvs());

it.each(['DATABASE_URL', 'DATABASE_DIRECT_URL', 'LOAD_BALANCER_DATABASE_URL'])(
  'a database named by %s alone was passed over, and a second one started beside it',
  async (name) => {
    vi.stubEnv(name, 'postgres://app:password@db.example/slipway');
    // Without a slot: whoever starts a server fails.
    expect(await startPostgres({} as SetUp)).toBe(theirs);
  },
);
