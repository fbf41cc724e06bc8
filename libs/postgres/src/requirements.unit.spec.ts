import { describe, expect, it } from 'vitest';
import { type DatabaseFacts, missingOf } from './requirements.js';

const GOOD: DatabaseFacts = {
  version: 140_000,
  encoding: 'UTF8',
  isStandby: false,
  role: 'app',
  database: 'slipway',
  hasLanguage: true,
  mayCreateSchemas: true,
  hasSchema: false,
  mayUseSchema: false,
  schemaOwner: '',
  ownSchemas: [],
  closed: [],
};

describe('missingOf', () => {
  it.each<[string, Partial<DatabaseFacts>]>([
    ['a role that may create the schema', {}],
    [
      'a schema that somebody else made for it',
      { mayCreateSchemas: false, hasSchema: true, mayUseSchema: true },
    ],
  ])('finds nothing missing for %s', (_, facts) => {
    expect(missingOf({ ...GOOD, ...facts }, 'deployer')).toEqual([]);
  });

  it.each<[Partial<DatabaseFacts>, string]>([
    [{ version: 130_022 }, 'Postgres 13.22 is too old: install 14 or newer'],
    [{ isStandby: true }, 'the server is a standby, which stores nothing: name the primary in the URL'],
    [
      { encoding: 'LATIN1' },
      `the database slipway has the encoding LATIN1: CREATE DATABASE "slipway" ENCODING 'UTF8' TEMPLATE template0`,
    ],
    [
      { hasLanguage: false },
      'the extension plpgsql is missing: as an administrator, CREATE EXTENSION plpgsql',
    ],
    [
      { mayCreateSchemas: false },
      'the schema deployer is missing, and the role app may not create it: as an administrator, CREATE SCHEMA deployer AUTHORIZATION "app"',
    ],
    [
      { hasSchema: true, schemaOwner: 'admin' },
      'the role app may not use the schema deployer, which belongs to admin: as its owner, ALTER SCHEMA deployer OWNER TO "app"',
    ],
    [
      // Another app's URL was answered with a statement that hands its schema over.
      { hasSchema: true, schemaOwner: 'slipway_deployer', ownSchemas: ['load_balancer'] },
      'the role app may not use the schema deployer, which belongs to slipway_deployer: app has the schema load_balancer: is this the URL of another app? If not, as its owner, ALTER SCHEMA deployer OWNER TO "app"',
    ],
    [
      { hasSchema: true, mayUseSchema: true, closed: ['events', 'work'] },
      'the role app may not use deployer.events and 1 more: as the owner, ALTER TABLE deployer."events" OWNER TO "app", or run npm run database-roles, which moves all',
    ],
  ])('%o', (facts, line) => {
    expect(missingOf({ ...GOOD, ...facts }, 'deployer')).toEqual([line]);
  });

  it('names everything at once', () => {
    const facts = { ...GOOD, version: 90_624, hasLanguage: false, mayCreateSchemas: false };
    expect(missingOf(facts, 'deployer')).toHaveLength(3);
  });
});
