import { chmod, chown, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.js';
import { freePort } from './free-port.js';
import type { Ledger } from './ledger.js';
import { ensurePackages } from './packages.js';
import type { RunningPart } from './part.js';
import { startPostgres, takesSessions } from './postgres.js';
import { Restartable } from './restartable.js';
import type { SetUp } from './set-up.js';

/** Debian's; it refuses to run as root. */
const COMMAND = '/usr/sbin/pgbouncer';
const NOBODY = { uid: 65534, gid: 65534 };
const isRoot = process.getuid?.() === 0;

export interface PgBouncer {
  /** A URL of the server behind it, led through it. */
  through(url: string): string;
  stop(): Promise<void>;
}

interface PgBouncerOptions {
  readonly ledger: Ledger;
  /** Of the superuser of the server behind it; every role's password is looked up there. */
  readonly url: string;
  readonly poolMode?: 'transaction' | 'session';
  /** Sessions of one role in one database; few, so that they are shared for sure. */
  readonly poolSize?: number;
  /** Further lines of its settings. */
  readonly settings?: readonly string[];
  readonly command?: string;
}

/** PgBouncer in front of every database of a server, for every role that the server has. */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const { ledger, url } = options;
  if (options.command === undefined)
    await ensurePackages({ report: () => undefined }, { pgbouncer: COMMAND });
  const folder = await mkdtemp(join(tmpdir(), 'slipway-pgbouncer-'));
  ledger.hold({ kind: 'directory', path: folder });
  const port = await freePort();
  const [file, users] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt')];
  const { username, password } = new URL(url);
  await writeFile(users, `"${username}" "${password}"\n`, { mode: 0o600 });
  await writeFile(file, settingsOf(options, port, users), { mode: 0o600 });
  const command = options.command === undefined ? COMMAND : await copied(options.command, folder);
  if (isRoot) for (const path of [folder, file, users]) await chown(path, NOBODY.uid, NOBODY.gid);
  await chmod(folder, 0o700);
  const user = isRoot ? NOBODY : {};
  // By others, some versions wait for their clients.
  const spawn = (): Child =>
    new Child('PgBouncer', command, [file], { ledger, cwd: folder, ...user, endSignal: 'SIGQUIT' });
  const through = (to: string): string => {
    const led = new URL(to);
    led.port = String(port);
    return led.href;
  };
  const server = await Restartable.start(spawn, () => takesSessions(through(url)));
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { through, stop };
}

/** A program below /root is out of reach for another user. */
async function copied(command: string, folder: string): Promise<string> {
  const path = join(folder, 'pgbouncer');
  await copyFile(command, path);
  await chmod(path, 0o755);
  return path;
}

/** The set-up's Postgres, where every URL leads through PgBouncer in transaction mode, besides the direct one. */
export async function startPooledPostgres(
  setUp: SetUp,
  pooler: Pick<PgBouncerOptions, 'command' | 'settings'> = {},
): Promise<RunningPart> {
  const server = await startPostgres(setUp);
  const url = String(server.env['DATABASE_URL']);
  const pgbouncer = await startPgBouncer({ ledger: setUp.slot.ledger, url, ...pooler });
  const urls = Object.entries(server.env).map(([name, one]) => [name, pgbouncer.through(one)] as const);
  const direct = new URL(url);
  [direct.username, direct.password] = ['', ''];
  const stop = async (): Promise<void> => {
    await pgbouncer.stop();
    await server.stop();
  };
  return { env: { ...Object.fromEntries(urls), DATABASE_DIRECT_URL: direct.href }, stop };
}

function settingsOf(options: PgBouncerOptions, port: number, users: string): string {
  const { url, poolMode = 'transaction', poolSize = 4, settings = [] } = options;
  const { hostname, port: serverPort, username } = new URL(url);
  return [
    '[databases]',
    `* = host=${hostname} port=${serverPort} auth_user=${username}`,
    '[pgbouncer]',
    `listen_addr = 127.0.0.1`,
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${users}`,
    `auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1`,
    `pool_mode = ${poolMode}`,
    `default_pool_size = ${poolSize}`,
    'max_client_conn = 500',
    ...settings,
    '',
  ].join('\n');
}
