import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '#libs/config';
import {
  type DatabaseAddresses,
  databaseAddresses,
  databaseVariables,
  withDatabaseRules,
} from './database-config.js';

const schema = withDatabaseRules(z.object(databaseVariables('DEPLOYER')));
const DATABASE_URL = 'postgres://app:p%40ss@pgbouncer:6432/x';
const addresses = (env: NodeJS.ProcessEnv): DatabaseAddresses => databaseAddresses(loadConfig(schema, env));

describe('the addresses of a database', () => {
  it('have no direct one where none is named', () => {
    expect(addresses({ DATABASE_URL })).toEqual({
      shared: { url: DATABASE_URL, variable: 'DATABASE_URL', tls: {} },
    });
  });

  it('know the variable of the app that each URL comes from', () => {
    const env = { DEPLOYER_DATABASE_URL: DATABASE_URL, DATABASE_DIRECT_URL: 'postgres://x:y@server/x' };
    const { shared, direct } = addresses(env);
    expect([shared.variable, direct?.variable]).toEqual(['DEPLOYER_DATABASE_URL', 'DATABASE_DIRECT_URL']);
    const own = addresses({ ...env, DEPLOYER_DATABASE_DIRECT_URL: 'postgres://x:y@other/x' });
    expect(own.direct).toMatchObject({
      url: 'postgres://x:y@other/x',
      variable: 'DEPLOYER_DATABASE_DIRECT_URL',
    });
  });

  it('have one login, where the direct URL has none', () => {
    const { direct } = addresses({
      DATABASE_URL,
      DATABASE_DIRECT_URL: 'postgres://server:5432/x?sslmode=require',
    });
    expect(direct?.url).toBe('postgres://app:p%40ss@server:5432/x?sslmode=require');
  });
});

describe('a variable of the database that cannot be used', () => {
  it.each([
    ['DATABASE_URL', `${DATABASE_URL}?sslmode=verify_full`, 'expected sslmode to be one of disable, allow,'],
    ['DATABASE_DIRECT_URL', 'server:5432', 'expected postgres://user:password@host:port/database'],
    ['DATABASE_CA_FILE', '/not/there.pem', 'expected a file that can be read'],
    ['DEPLOYER_DATABASE_KEY_FILE', '/not/there.pem', 'expected a file that can be read'],
  ])('%s=%s is named with what is expected, and shows no password', (name, value, expected) => {
    const load = () => addresses({ DATABASE_URL, [name]: value });
    expect(load).toThrow(`${name} is `);
    expect(load).toThrow(expected);
    expect(load).not.toThrow('p%40ss');
  });

  it('was told after all others, and by the name that all apps share', () => {
    const file = { DEPLOYER_DATABASE_KEY_FILE: import.meta.filename };
    const load = () => loadConfig(schema, { ...file, DATABASE_URL: 'mysql://x' });
    for (const said of [
      'DATABASE_URL is [redacted]: expected postgres://',
      'DATABASE_CERT_FILE is not set',
      'database-config.unit.spec.ts": expected a private key in PEM, without a passphrase',
    ])
      expect(load).toThrow(said);
  });

  it('showed its password in part where it was the direct URL', () => {
    const load = () => loadConfig(schema, { DATABASE_URL, DATABASE_DIRECT_URL: 'app:hunter2@server/x' });
    expect(load).toThrow('DATABASE_DIRECT_URL is [redacted]');
  });
});
