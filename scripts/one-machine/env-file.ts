import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { startTicksOf } from './ledger.js';

/** One shell word, whatever the value holds: in single quotes nothing is special but the quote itself. */
export function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** The text of `.slipway/env`, to be sourced by a POSIX shell. `bin` goes first on PATH. */
export function envFileText(env: Readonly<Record<string, string>>, bin: string): string {
  const lines = Object.entries(env).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new Error(`${JSON.stringify(name)} is no variable name`);
    return `export ${name}=${quoted(value)}`;
  });
  return [...lines, `export PATH=${quoted(bin)}:"$PATH"`, ''].join('\n');
}

export function envFilePath(project = process.cwd()): string {
  return join(project, '.slipway', 'env');
}

const OWNER = /^# of process (\d+), started at tick (\d+)$/m;

/** The process that wrote the file, while it lives. A killed one leaves its file behind. */
export function envFileOwner(project = process.cwd()): number | undefined {
  const path = envFilePath(project);
  const [, pid, ticks] = (existsSync(path) && OWNER.exec(readFileSync(path, 'utf8'))) || [];
  return ticks !== undefined && startTicksOf(Number(pid)) === ticks ? Number(pid) : undefined;
}

/** Readable by its owner only, since it holds keys and tokens. */
export function writeEnvFile(env: Readonly<Record<string, string>>, project = process.cwd()): string {
  const path = envFilePath(project);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const text = `# of process ${process.pid}, started at tick ${startTicksOf(process.pid)}\n${envFileText(env, resolve(project, 'bin'))}`;
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

export function removeEnvFile(project = process.cwd()): void {
  rmSync(envFilePath(project), { force: true });
}
