import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { envFileOwner, envFileText, removeEnvFile, writeEnvFile } from './env-file.js';

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "slipway it's-"));
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

/** What a program started by a shell that sourced the file finds in its environment. */
function sourced(file: string, name: string): string {
  const args = ['-c', '. "$1"; exec printenv "$2"', 'sh', file, name];
  return execFileSync('/bin/sh', args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } }).slice(0, -1);
}

describe('writeEnvFile', () => {
  it.each([
    ['a quote', "it's 'so'"],
    ['line ends', 'first\nsecond\n\nlast\n'],
    ['what a shell expands', '$HOME `id` "x" \\ !1 * ~ #'],
    ['nothing', ''],
  ])('gives a shell a value with %s unchanged', (_, value) => {
    expect(sourced(writeEnvFile({ VALUE: value }, project), 'VALUE')).toBe(value);
  });

  it("puts the project's bin before the PATH that was", () => {
    expect(sourced(writeEnvFile({}, project), 'PATH')).toBe(`${join(project, 'bin')}:/usr/bin:/bin`);
  });

  it('is readable by its owner only, whatever was there before', () => {
    const path = writeEnvFile({ KEY: 'old' }, project);
    execFileSync('chmod', ['644', path]);
    writeEnvFile({ KEY: 'new' }, project);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(sourced(path, 'KEY')).toBe('new');
  });

  it('is gone after removal, and removal of nothing is none', () => {
    const path = writeEnvFile({}, project);
    removeEnvFile(project);
    removeEnvFile(project);
    expect(existsSync(path)).toBe(false);
  });
});

describe('envFileOwner', () => {
  it('is the process that wrote it', () => {
    writeEnvFile({}, project);
    expect(envFileOwner(project)).toBe(process.pid);
  });

  it('is none where there is no file, or where its process is gone though its number was given out again', () => {
    expect(envFileOwner(project)).toBeUndefined();
    const path = writeEnvFile({}, project);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/at tick \d+/, 'at tick 1'));
    expect(envFileOwner(project)).toBeUndefined();
  });
});

describe('envFileText', () => {
  it('refuses a name that a shell would read as something else', () => {
    expect(() => envFileText({ 'A;id': '1' }, '/bin')).toThrow('no variable name');
  });
});
