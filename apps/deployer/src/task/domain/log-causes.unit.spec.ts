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
