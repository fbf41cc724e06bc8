import { describe, expect, it } from 'vitest';
import { causeInLog } from './log-causes.js';

describe('a lock file that does not fit its manifest', () => {
  it.each([
    'npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync. Please update',
    'npm ERR! `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync.',
    ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date',
    'error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.',
    '➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.',
    'error: lockfile had changes, but lockfile is frozen',
    'pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.',
    'Your Pipfile.lock (a1b2c3) is out of date. Expected: (d4e5f6).',
  ])('%s', (log) => {
    expect(causeInLog(`Step 5\n${log}\n`)?.cause).toBe('The lock file does not fit the manifest beside it');
  });
});

describe('a package that is compiled where no compiler is', () => {
  it.each([
    'Error: pg_config executable not found.',
    "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory",
    "unable to execute 'gcc': No such file or directory",
    '/bin/sh: 1: mysql_config: not found',
    'Exception: Can not find valid pkg-config name.',
    'gyp ERR! find Python',
    'gyp ERR! stack Error: not found: make',
  ])('%s', (log) => {
    expect(causeInLog(log)?.cause).toMatch(/^A package is compiled when it is installed/);
  });
});

describe('a variable that a program misses by its own words', () => {
  it.each([
    ['BOT_TOKEN is not set', 'BOT_TOKEN seems not to be set (BOT_TOKEN is not set)'],
    ['Error: DATABASE_URL environment variable is required', 'DATABASE_URL seems not to be set'],
    ['panic: API_KEY missing', 'API_KEY seems not to be set (API_KEY missing)'],
  ])('%s', (log, cause) => {
    expect(causeInLog(`starting\n${log}\n`)?.cause).toContain(`The environment variable ${cause}`);
    expect(causeInLog(log)?.hint).toContain('in env of config.json, or in secrets');
  });

  it.each(['WARN: CACHE_DIR is not set', 'LOG_LEVEL is not set, the default is info', 'the key is not set'])(
    '%s is no cause',
    (log) => {
      expect(causeInLog(log)).toBeUndefined();
    },
  );
});

it.each([
  [
    'Error: Cannot find module @rollup/rollup-linux-x64-gnu. npm has a bug related to optional dependencies',
    '@rollup/rollup-linux-x64-gnu',
  ],
  ["Error: Cannot find module '@esbuild/linux-x64'", '@esbuild/linux-x64'],
])('a lock file of another system was told as a missing module: %s', (log, name) => {
  expect(causeInLog(log)?.cause).toBe(
    `${name} is not installed: the lock file was written on another system, and does not name what Linux needs`,
  );
});

it('OpenSSL that Prisma looks for is named', () => {
  const log = 'Prisma cannot find the required `libssl` system library in your system.';
  expect(causeInLog(log)?.cause).toBe('The library libssl is not in the image');
  expect(causeInLog(log)?.hint).toContain('Prisma needs OpenSSL');
});

it('a library that the image lacks is named', () => {
  const log =
    '/root/.cache/chrome: error while loading shared libraries: libnss3.so: cannot open shared object file';
  expect(causeInLog(log)?.cause).toBe('The library libnss3.so is not in the image');
});

it.each(['added 12 packages, lockfile written', 'compiled with gcc 12', 'Pipfile.lock found'])(
  'of %j there is no cause',
  (log) => {
    expect(causeInLog(log)).toBeUndefined();
  },
);

it.each([
  ["Error: EROFS: read-only file system, open 'x.txt'", 'x.txt'],
  ["OSError: [Errno 30] Read-only file system: '/app/data/a.db'", '/app/data/a.db'],
])('a write that readOnly forbids was "ended by itself": %s', (log, path) => {
  expect(causeInLog(log)).toMatchObject({
    cause: `It may not write ${path}: its file system is read-only`,
    hint: expect.stringContaining('readOnly') as string,
  });
});

it.each([
  './tool: 1: \u007fELF\u0002\u0001: not found',
  './tool: 1: ELF\ufffd: not found',
  './tool: line 1: ELF: not found',
])('a program for another architecture was "not found", since a shell reads it: %j', (log) => {
  expect(causeInLog(log)?.cause).toBe(
    'The machine cannot execute ./tool: it is a program for another architecture',
  );
});
