import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AppName,
  appNames as apps,
  appSchemas,
  databaseVariable,
  provisionAppRoles,
} from '#libs/app-roles';
import { createPool } from '#libs/postgres';
import { createTestDatabase, migrateApp, requireEnv, type TestDatabase } from '#libs/testing';

const run = promisify(execFile);
const SCHEMAS = Object.values(appSchemas)
  .map((schema) => `'${schema}'`)
  .join(', ');

/** Migrates as the role of the URL. */
async function migrateAs(url: string, app: AppName): Promise<void> {
  const pool = createPool({ url, schema: appSchemas[app], applicationName: 'test' });
  await migrateApp(app, pool).finally(() => pool.end());
}

/** One statement as the role of the URL; its rows. */
async function ask(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';
const denied = (url: string, sql: string) =>
  expect(ask(url, sql), sql).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });

const ADD_NODE = `INSERT INTO registry.node_records (name, address, ssh_port, ssh_user, host_key_fingerprint,
    login_encrypted, state, cpus, memory_bytes, engine_version, first_port, last_port)
  VALUES ('node-1', 'host', 22, 'root', 'SHA256:x', 'sealed', 'ready', 2, 2000, '29', 1, 2)`;
const ADD_SECRET = `INSERT INTO deployer.secrets (app_id, name, value_encrypted) VALUES ('shop', 'db', 'sealed')`;

describe('a database with a role for each app', () => {
  let database: TestDatabase;
  const urlOf = (app: AppName): string => String(database.appUrls[databaseVariable(app)]);
  beforeAll(async () => {
    database = await createTestDatabase({ roles: true });
    for (const app of apps) await migrateAs(urlOf(app), app);
    await ask(urlOf('node-manager'), ADD_NODE);
    await ask(urlOf('deployer'), ADD_SECRET);
  });
  afterAll(() => database.drop());

  it("the load balancer's role reads nodes, and not the deployer's secrets", async () => {
    const url = urlOf('load-balancer');
    expect(await ask(url, 'SELECT name FROM registry.nodes')).toEqual([{ name: 'node-1' }]);
    expect(await ask(url, 'SELECT name FROM registry.node_logins')).toEqual([{ name: 'node-1' }]);
    await denied(url, 'SELECT * FROM deployer.secrets');
    await denied(url, 'SELECT * FROM registry.node_records');
  });

  it('no app writes what another publishes, takes another role, or makes a schema', async () => {
    const url = urlOf('load-balancer');
    await denied(url, `UPDATE registry.nodes SET state = 'gone'`);
    await denied(url, `DELETE FROM registry.nodes`);
    await denied(url, ADD_NODE);
    await denied(url, `SET ROLE ${new URL(urlOf('deployer')).username}`);
    await denied(url, 'CREATE SCHEMA mine');
    await denied(url, 'CREATE TABLE public.mine ()');
  });

  const READABLE = `
    SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN (${SCHEMAS}) AND n.nspowner <> current_user::regrole
      AND c.relkind IN ('r', 'v', 'S') AND has_schema_privilege(n.oid, 'USAGE')
      AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'USAGE, SELECT, UPDATE')
               ELSE has_table_privilege(c.oid, $privileges) END
    ORDER BY 1`;
  const others = async (app: AppName, privileges: string): Promise<readonly string[]> =>
    (await ask(urlOf(app), READABLE.replace('$privileges', `'${privileges}'`))).map(
      (row) => (row as { name: string }).name,
    );

  const VIEWS = ['changes', 'instance_events', 'instances', 'node_logins', 'nodes', 'revision', 'services'];
  const views = VIEWS.map((view) => `registry.${view}`);

  const published: Readonly<Record<AppName, readonly string[]>> = {
    agent: ['registry.node_logins', 'registry.nodes', 'registry.services'],
    deployer: [
      ...['gateway.carriers', 'load_balancer.carriers'],
      ...views.filter((view) => view !== 'registry.node_logins'),
    ],
    gateway: [
      ...['load_balancer.current_scores', 'load_balancer.traffic_overrides'],
      ...['changes', 'instances', 'nodes', 'revision', 'services'].map((view) => `registry.${view}`),
    ],
    'load-balancer': ['gateway.figures', ...views],
    'node-manager': [],
    rescaler: ['changes', 'instances', 'nodes', 'revision', 'services'].map((view) => `registry.${view}`),
  };

  it.each(apps)('all that %s can see of others is what they publish for it', async (app) => {
    expect(await others(app, 'SELECT')).toEqual(published[app]);
    expect(await others(app, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')).toEqual([]);
  });
});

/** An installation whose apps share one role, and how to remove it with every role whose name begins like that one. */
async function installationOf(owner: string, attributes: string) {
  const database = await createTestDatabase();
  await ask(database.url, `CREATE ROLE ${owner} LOGIN ${attributes} PASSWORD 'one for all'`);
  const { pathname } = new URL(database.url);
  await ask(database.url, `ALTER DATABASE ${pathname.slice(1)} OWNER TO ${owner}`);
  const url = new URL(database.url);
  [url.username, url.password] = [owner, 'one for all'];
  for (const app of apps) await migrateAs(url.href, app);
  await ask(url.href, ADD_NODE);
  await ask(url.href, ADD_SECRET);
  const remove = async (): Promise<void> => {
    await database.drop();
    const roles = await ask(
      requireEnv('DATABASE_URL'),
      `SELECT rolname FROM pg_roles WHERE rolname LIKE '${owner}%'`,
    );
    const names = roles.map((row) => (row as { rolname: string }).rolname).sort();
    for (const role of names.reverse()) await ask(requireEnv('DATABASE_URL'), `DROP ROLE ${role}`);
  };
  return { database, ownerUrl: url.href, remove };
}

describe('an installation whose administrator is not the role of its apps', () => {
  const owner = `apps_${randomBytes(6).toString('hex')}`;
  const prefix = `${owner}_`;
  let installation: Awaited<ReturnType<typeof installationOf>>;
  beforeAll(async () => {
    installation = await installationOf(owner, 'NOCREATEROLE');
  });
  afterAll(() => installation.remove());

  it('does not cut off apps that run under their old role', async () => {
    const { database, ownerUrl } = installation;
    const roles = await provisionAppRoles({ adminUrl: database.url, prefix });
    expect(await ask(ownerUrl, 'SELECT name FROM deployer.secrets')).toEqual([{ name: 'db' }]);
    await ask(ownerUrl, `UPDATE registry.node_records SET state = 'ready'`);
    for (const app of apps) await migrateAs(ownerUrl, app);
    expect(roles.map(({ members }) => members)).toEqual(apps.map(() => [owner]));
    for (const { role } of roles) await ask(database.url, `REVOKE ${role} FROM ${owner}`);
    await denied(ownerUrl, 'SELECT name FROM deployer.secrets');
  });

  it('can change roles back and forth, and apps under those before go on', async () => {
    const { database } = installation;
    const others = await provisionAppRoles({ adminUrl: database.url, prefix: `${prefix}other_` });
    const first = await provisionAppRoles({ adminUrl: database.url, prefix });
    expect(first.map(({ members }) => members)).toEqual(others.map(({ role }) => [role]));
    const url = String(others.find(({ app }) => app === 'deployer')?.url);
    expect(await ask(url, 'SELECT name FROM deployer.secrets')).toEqual([{ name: 'db' }]);
  });
});

describe('an installation with one role for all', () => {
  let installation: Awaited<ReturnType<typeof installationOf>>;
  let database: TestDatabase;
  let ownerUrl: string;
  const owner = `owner_${randomBytes(6).toString('hex')}`;
  const prefix = `${owner}_`;

  beforeAll(async () => {
    // Managed databases give no superuser: the owner of the database, who may make roles, has to be enough.
    installation = await installationOf(owner, 'CREATEROLE');
    ({ database, ownerUrl } = installation);
  });
  afterAll(() => installation.remove());

  it('is moved over with its data, while apps under the old role go on', async () => {
    const roles = await provisionAppRoles({ adminUrl: ownerUrl, prefix });
    expect(roles.map(({ members }) => members)).toEqual(apps.map(() => [owner]));
    const urls = Object.fromEntries(roles.map(({ app, url }) => [app, String(url)])) as Record<
      AppName,
      string
    >;
    expect(await ask(urls['load-balancer'], 'SELECT name FROM registry.node_logins')).toEqual([
      { name: 'node-1' },
    ]);
    await denied(urls['load-balancer'], 'SELECT * FROM deployer.secrets');
    for (const app of apps) {
      await migrateAs(ownerUrl, app);
      await migrateAs(urls[app], app);
    }
    await ask(ownerUrl, `UPDATE deployer.secrets SET version = 2`);
    expect(await ask(urls.deployer, 'SELECT version FROM deployer.secrets')).toEqual([{ version: 2 }]);
    const strangers = await ask(
      ownerUrl,
      `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname IN (${SCHEMAS}) AND c.relowner <> n.nspowner
       UNION ALL SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
       WHERE n.nspname IN (${SCHEMAS}) AND p.proowner <> n.nspowner`,
    );
    expect(strangers).toEqual([]);
  });

  it('can be moved over again: roles keep their passwords, and what is new changes its owner', async () => {
    const first = await provisionAppRoles({ adminUrl: database.url, prefix: `${prefix}again_` });
    const again = await provisionAppRoles({ adminUrl: database.url, prefix: `${prefix}again_` });
    expect(again.map(({ url }) => url)).toEqual(apps.map(() => undefined));
    for (const { app, url } of first) await migrateAs(String(url), app);
  });

  it('can give roles and passwords itself', async () => {
    const given = new URL(database.url);
    [given.username, given.password] = [`${prefix}given`, 'p@ss word'];
    const variable = databaseVariable('deployer');
    const roles = await provisionAppRoles({
      adminUrl: database.url,
      prefix,
      given: { [variable]: given.href },
    });
    const deployer = roles.find(({ app }) => app === 'deployer');
    expect(deployer).toMatchObject({ role: `${prefix}given`, variable, url: given.href });
    expect(await ask(given.href, 'SELECT name FROM deployer.secrets')).toEqual([{ name: 'db' }]);
    given.password = '';
    await expect(
      provisionAppRoles({ adminUrl: database.url, prefix, given: { [variable]: given.href } }),
    ).rejects.toMatchObject({ code: 'DATABASE_ROLE', message: `${variable} names no role with a password.` });
  });

  it('`npm run database-roles` writes the URLs for their owner alone, and overwrites no file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-roles-'));
    const file = join(folder, 'roles.env');
    const urls = apps.map((app) => {
      const url = new URL(database.url);
      [url.username, url.password] = [`${prefix}command_${appSchemas[app]}`, 'hunter2'];
      return [databaseVariable(app), url.href] as const;
    });
    const env = { ...process.env, DATABASE_URL: database.url, ...Object.fromEntries(urls) };
    const command = () => run(process.execPath, ['dist/scripts/database-roles.js', file], { env });
    const { stdout } = await command();
    expect(stdout).toContain(`load-balancer: ${prefix}command_load_balancer owns its schema`);
    expect(stdout).toContain(`REVOKE ${prefix}command_deployer FROM ${prefix}given;`);
    expect(stdout).not.toContain('hunter2');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, 'utf8');
    for (const [variable, url] of urls) expect(text).toContain(`export ${variable}='${url}'\n`);
    expect((await command()).stdout, 'a second run').toContain(`${file}: the URLs of ${apps.length} roles`);
    await writeFile(file, 'export OTHER=1\n');
    await expect(command()).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/roles\.env exists already .*\nName another file: /) as string,
    });
    expect(await readFile(file, 'utf8')).toBe('export OTHER=1\n');
    await rm(folder, { recursive: true });
  });
});
