import { describe, expect, it } from 'vitest';
import { causeInBuild } from './build-causes.js';

const npmError = (...lines: string[]): string => lines.map((line) => `npm error ${line}`).join('\n');

describe('why a build failed', () => {
  it('package-lock.json out of step: the cause was cut off, and the hint led to the help of npm', () => {
    const log = npmError(
      'code EUSAGE',
      '`npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync. Please update your lock file with `npm install` before continuing.',
      'Missing: left-pad@1.3.0 from lock file',
      'Clean install a project',
    );
    expect(causeInBuild(log)).toMatchObject({
      cause: 'package-lock.json does not fit package.json: left-pad@1.3.0 is missing from it',
      hint: 'Run npm install and commit package-lock.json.',
    });
  });

  it.each([
    [
      "npm error Invalid: lock file's a@1.0.0 does not satisfy a@2.0.0\nnpm error `npm ci` can only install packages when your package.json and package-lock.json",
      'package-lock.json does not fit package.json: it has a@1.0.0, and a@2.0.0 is wanted',
      'npm install',
    ],
    [
      'npm error The `npm ci` command can only install with an existing package-lock.json or npm-shrinkwrap.json',
      'npm ci needs package-lock.json, and the source has none',
      'commit package-lock.json',
    ],
    [
      'error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.',
      'yarn.lock does not fit package.json',
      'Run yarn install and commit yarn.lock.',
    ],
    [
      '➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.',
      'yarn.lock does not fit package.json',
      'yarn install',
    ],
    [
      ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with <ROOT>/package.json\n\n  Failure reason:\n  * 1 dependencies were added: left-pad@1.3.0',
      'pnpm-lock.yaml does not fit package.json: 1 dependencies were added: left-pad@1.3.0',
      'pnpm install',
    ],
    [
      'error: lockfile had changes, but lockfile is frozen',
      'bun.lock does not fit package.json',
      'bun install',
    ],
    [
      'pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.',
      'poetry.lock does not fit pyproject.toml',
      'Run poetry lock',
    ],
    [
      'error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided. To update the lockfile, run `uv lock`.',
      'uv.lock does not fit pyproject.toml',
      'Run uv lock',
    ],
    [
      'Your Pipfile.lock (5ea8a7) is out of date. Expected: (b1a2c3).',
      'Pipfile.lock does not fit Pipfile',
      'Run pipenv lock',
    ],
    [
      'go: updates to go.mod needed; to update it:\n\tgo mod tidy',
      'go.sum does not fit go.mod',
      'go mod tidy',
    ],
  ])('a lock file out of step: %s', (log, cause, hint) => {
    expect(causeInBuild(log)?.cause).toBe(cause);
    expect(causeInBuild(log)?.hint).toContain(hint);
  });

  it('a version that does not exist was one line of 600 characters of versions', () => {
    const log =
      'ERROR: Could not find a version that satisfies the requirement flask==99.0 (from versions: 0.1, 3.1.2, 3.1.3, 4.0.0rc1)\nERROR: No matching distribution found for flask==99.0';
    expect(causeInBuild(log)?.cause).toBe('There is no flask==99.0 to install; the newest is 3.1.3');
  });

  it.each([
    [
      'ERROR: Ignored the following versions that require a different python version: 5.2 Requires-Python >=3.12; 5.2.1 Requires-Python >=3.12\nERROR: Could not find a version that satisfies the requirement Django==5.2 (from versions: 4.2.1, 5.1)',
      'Django==5.2 is there for other versions of Python only',
    ],
    [
      'ERROR: Could not find a version that satisfies the requirement nosuch (from -r requirements.txt (line 1)) (from versions: none)',
      'There is no package nosuch, or none for this version of Python',
    ],
    [
      "ERROR: Package 'shop' requires a different Python: 3.11.2 not in '>=3.12'",
      'shop needs Python >=3.12, and is built with 3.11.2',
    ],
    [
      'ERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies.',
      'No version fits all that is asked for: a==1 and b==2',
    ],
    [
      npmError('code ETARGET', 'notarget No matching version found for left-pad@^99.0.0.'),
      'There is no left-pad@^99.0.0 to',
    ],
    [npmError("404  'left-padd@1' is not in this registry."), 'The registry has no left-padd@1'],
    [
      npmError(
        'code ERESOLVE',
        'ERESOLVE could not resolve',
        'Could not resolve dependency:',
        'peer react@"^17.0.0" from old-table@1.0.0',
      ),
      'Packages of package.json do not fit each other: old-table@1.0.0 needs react@"^17.0.0"',
    ],
    [`error Couldn't find any versions for "left-pad" that matches "^99"`, 'There is no left-pad@^99 to'],
    [' ERR_PNPM_NO_MATCHING_VERSION  No matching version found for left-pad@99', 'There is no left-pad@99'],
    [
      '  × No solution found:\n  ╰─▶ Because there is no version of flask==99.0 and',
      'There is no flask==99.0',
    ],
    [
      '  ╰─▶ Because no-such-thing was not found in the package\n      registry and you require it',
      'There is no no-such-thing to',
    ],
    [
      "Because shop depends on flask (99.0) which doesn't match any versions, version solving failed.",
      'There is no flask 99.0',
    ],
  ])('a version that nobody has: %s', (log, cause) => {
    expect(causeInBuild(log)?.cause).toContain(cause);
  });

  it('psycopg2 without pg_config was forty lines of pip', () => {
    expect(causeInBuild('   running egg_info\n   Error: pg_config executable not found.')).toMatchObject({
      cause: 'psycopg2 has to be compiled, and the base image has no pg_config',
      hint: expect.stringContaining('psycopg2-binary') as string,
    });
  });

  it.each([
    [
      '/bin/sh: 1: mysql_config: not found\nException: Can not find valid pkg-config name.',
      'mysqlclient has to be',
    ],
    [
      "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory\nERROR: Failed building wheel for ujson",
      'ujson has to be compiled, and the base image has no compiler (gcc)',
    ],
    [
      'src/a.c:1:10: fatal error: Python.h: No such file or directory\nERROR: Failed building wheel for regex',
      'regex has to be compiled, and the base image has no header Python.h',
    ],
    [
      npmError('code 1', 'path /app/node_modules/bcrypt', 'gyp ERR! find Python'),
      'bcrypt has to be compiled, and the base image has no Python for node-gyp',
    ],
    [
      "error: subprocess-exited-with-error\nerror: can't find Rust compiler\nERROR: Failed building wheel for orjson",
      'orjson has to be compiled, and the base image has no Rust compiler',
    ],
  ])('something to compile without what compiles it: %s', (log, cause) => {
    expect(causeInBuild(log)?.cause).toContain(cause);
  });

  it('a TypeScript error was buried between notices of npm', () => {
    const log =
      "> tsc -p .\nsrc/server.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.\nnpm notice";
    expect(causeInBuild(log)?.cause).toBe(
      "src/server.ts(1,7): Type 'string' is not assignable to type 'number' (TS2322)",
    );
  });

  it.each([
    [
      "src/App.vue:3:9 - error TS2307: Cannot find module 'axios' or its corresponding type declarations.",
      "src/App.vue(3,9): Cannot find module 'axios'",
    ],
    ["error TS5058: The specified path does not exist: 'x.json'.", 'The specified path does not exist'],
    [
      'error during build:\n[vite]: Rollup failed to resolve import "axios" from "/app/src/main.js".',
      '/app/src/main.js imports axios, which is not there',
    ],
    [
      "./src/page.js\nModule not found: Can't resolve './Util' in '/app/src'",
      'src/page.js imports ./Util, which is not there',
    ],
    [npmError('Missing script: "build"'), 'package.json has no script build'],
    [
      "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'req.txt'",
      'The file req.txt, which the installation names, is not in the source',
    ],
    [
      'failed to compute cache key: "/nginx.conf" not found: not found',
      'The file nginx.conf, which the Dockerfile copies, is not in the source',
    ],
    ['<--- Last few GCs --->\nFATAL ERROR: JavaScript heap out of memory', 'The build ran out of memory'],
    ['executor failed running [npm run build]: exit code: 137', 'The build ran out of memory'],
    ['OSError: [Errno 28] No space left on device', 'The disk of the machine that builds is full'],
    [npmError('code EAI_AGAIN', 'syscall getaddrinfo'), 'did not reach a server'],
    [
      'WARNING: Retrying after NewConnectionError\nERROR: Could not find a version that satisfies the requirement flask (from versions: none)',
      'did not reach a server',
    ],
    ['sh: 1: vite: not found', 'The program vite is not in the image'],
  ])('%s', (log, cause) => {
    expect(causeInBuild(`[2/3] RUN\n${log}`)?.cause).toContain(cause);
  });

  it('of memory it names no field that limits the service: its build is not limited by it', () => {
    expect(causeInBuild('JavaScript heap out of memory')?.hint).not.toContain('resources.memoryMiB');
  });

  it('a connection that pip found at its second try is no cause', () => {
    const log = 'WARNING: Retrying after NewConnectionError\nSuccessfully installed flask\nsomething else';
    expect(causeInBuild(log)).toBeUndefined();
  });
});

describe('a variable that a build misses was to be set in secrets, which no build gets', () => {
  it.each(["KeyError: 'API_KEY'", 'Error: API_KEY is not set'])('%s', (output) => {
    const { cause, hint } = causeInBuild(output) ?? {};
    expect(cause).toMatch(/^The environment variable API_KEY seems not to be set/);
    expect(hint).toMatch(/^Set API_KEY in env of config.json, which a build sees.*name it in buildSecrets/);
  });

  it('the collection of static files stands in for secrets', () => {
    const output = "RUN python manage.py collectstatic\nKeyError: 'SECRET_KEY'";
    expect(causeInBuild(output)?.hint).toBe('Set SECRET_KEY in env of config.json, or in secrets.');
  });
});
