import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, requireEnv, type TestDatabase } from '#libs/testing';
import { opened, refusal } from './opened.js';

/** What a start says is missing is mended by the statement that it names, run by the administrator. */
let database: TestDatabase;
const role = `role_${randomBytes(6).toString('hex')}`;
const ask = (sql: string) => database.pool.query(sql);

function urlOf(change: (url: URL) => void = () => undefined): string {
  const url = new URL(database.url);
  [url.username, url.password] = [role, 'secret'];
  change(url);
  return url.href;
}

/** The statement of a line, without what stands for a choice of its reader. */
const statementIn = (message: string): string =>
  /(?:CREATE|ALTER|GRANT) .*?(?=\.$|, or | where | else |$)/.exec(message)?.[0] ?? '';

beforeAll(async () => {
  database = await createTestDatabase();
  const { pathname } = new URL(database.url);
  await ask(`REVOKE ALL ON DATABASE ${pathname.slice(1)} FROM PUBLIC`);
});
afterAll(async () => {
  await database.drop();
  const admin = new pg.Client({ connectionString: requireEnv('DATABASE_URL') });
  await admin.connect();
  await admin.query(`DROP ROLE ${role}`);
  await admin.end();
});

describe('a start without superuser says what is missing, with the statement that mends it:', () => {
  it('the role, the right to connect, the schema, and then it starts', async () => {
    const start = () => refusal({ DATABASE_URL: urlOf() });
    const noRole = await start();
    expect(noRole).toMatchObject({ code: 'DATABASE_CONNECTION' });
    expect(noRole.message).toContain(`as an administrator, CREATE ROLE "${role}" LOGIN PASSWORD '...'`);
    expect(noRole.message).not.toContain('secret');
    await ask(statementIn(noRole.message).replace(`'...'`, `'secret'`));

    const noConnect = await start();
    expect(noConnect).toMatchObject({ code: 'DATABASE_CONNECTION' });
    await ask(statementIn(noConnect.message));

    const noSchema = await start();
    expect(noSchema).toMatchObject({ code: 'DATABASE_INCOMPLETE' });
    expect(noSchema.message).toBe(
      `DATABASE_URL: the schema app is missing, and the role ${role} may not create it: as an administrator, CREATE SCHEMA app AUTHORIZATION "${role}".`,
    );
    await ask(statementIn(noSchema.message));
    await opened({ DATABASE_URL: urlOf() }).then((one) => one.close());
  });

  it('the database', async () => {
    const { message } = await refusal({ DATABASE_URL: urlOf((url) => (url.pathname = '/not_there')) });
    expect(message).toContain(`as an administrator, CREATE DATABASE "not_there" OWNER "${role}"`);
  });

  it('the right to a schema that another role made', async () => {
    await ask('CREATE SCHEMA theirs');
    const start = () => refusal({ DATABASE_URL: urlOf() }, { schema: 'theirs' });
    const { message } = await start();
    expect(message).toContain(`the role ${role} may not use the schema theirs`);
    await ask(statementIn(message));
    await opened({ DATABASE_URL: urlOf() }, { schema: 'theirs' }).then((one) => one.close());
    await ask('ALTER TABLE theirs.work OWNER TO CURRENT_USER');
    const closed = await start();
    expect(closed.message).toContain(`the role ${role} may not use theirs.work`);
    await ask(statementIn(closed.message));
    await opened({ DATABASE_URL: urlOf() }, { schema: 'theirs' }).then((one) => one.close());
  });

  it('the extension', async () => {
    await ask('REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC');
    const { message } = await refusal({ DATABASE_URL: urlOf() });
    expect(message).toContain('the extension plpgsql is missing');
    await ask('GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC');
  });

  it('the encoding', async () => {
    const name = `latin_${role}`;
    await ask(`CREATE DATABASE ${name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`);
    const { message } = await refusal({ DATABASE_URL: urlOf((url) => (url.pathname = `/${name}`)) });
    await ask(`DROP DATABASE ${name}`);
    expect(message).toContain(`the database ${name} has the encoding LATIN1`);
  });

  it('what a migration may not change', async () => {
    await ask(`CREATE SCHEMA half AUTHORIZATION ${role}`);
    await ask(
      'CREATE TABLE half.migrations (set_name text, file text, applied_at timestamptz DEFAULT now())',
    );
    await ask(`GRANT ALL ON half.migrations TO ${role}`);
    await ask('CREATE TABLE half.outbox ()');
    await ask(`GRANT ALL ON half.outbox TO ${role}`);
    const error = await refusal({ DATABASE_URL: urlOf() }, { schema: 'half' });
    expect(error).toMatchObject({ code: 'DATABASE_INCOMPLETE' });
    expect(error.message).toMatch(/^DATABASE_URL: the schema half cannot be brought up to date: .*outbox/);
  });
});
