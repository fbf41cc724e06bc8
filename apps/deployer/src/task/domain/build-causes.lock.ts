import { type Cause, short, type Sign } from './log-causes.js';

interface LockFile {
  readonly lock: string;
  readonly manifest: string;
  /** What writes it anew. */
  readonly by: string;
}

function outOfStep({ lock, manifest, by }: LockFile, detail?: string): Cause {
  return {
    cause: `${lock} does not fit ${manifest}${detail === undefined ? '' : `: ${short(detail)}`}`,
    hint: `Run ${by} and commit ${lock}.`,
  };
}

const NPM: LockFile = { lock: 'package-lock.json', manifest: 'package.json', by: 'npm install' };
const YARN: LockFile = { lock: 'yarn.lock', manifest: 'package.json', by: 'yarn install' };
const PNPM: LockFile = { lock: 'pnpm-lock.yaml', manifest: 'package.json', by: 'pnpm install' };

function missingInNpm(log: string): string | undefined {
  const missing = [...log.matchAll(/Missing: (\S+) from lock file/g)].map(([, name]) => name);
  if (missing.length > 0)
    return `${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more` : ''} ${missing.length === 1 ? 'is' : 'are'} missing from it`;
  const [, has, wanted] = /Invalid: lock file's (\S+) does not satisfy (\S+)/.exec(log) ?? [];
  return has === undefined ? undefined : `it has ${has}, and ${wanted} is wanted`;
}

/** Locked installations whose manifest says something else by now. */
export const LOCK_SIGNS: readonly Sign[] = [
  {
    pattern: /`npm ci` can only install packages when your package\.json and /,
    cause: (_, log) => outOfStep(NPM, missingInNpm(log)),
  },
  {
    pattern: /`npm ci` command can only install with an existing package-lock\.json/,
    cause: () => ({
      cause: 'npm ci needs package-lock.json, and the source has none',
      hint: 'Run npm install and commit package-lock.json. Or set install of config.json to "npm install".',
    }),
  },
  {
    pattern: /YN0028|Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`/,
    cause: (_, log) =>
      outOfStep(YARN, /YN0028[^\n]*?│ *([+-] *)?"?([^\s"]+@(?:npm:)?[^\s"]+)/.exec(log)?.[2]),
  },
  {
    pattern: /ERR_PNPM_(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH|FROZEN_LOCKFILE_WITH_OUTDATED_LOCKFILE)/,
    cause: (_, log) => outOfStep(PNPM, /\d+ dependenc\w+ (?:was|were) [a-z ]+: [^\n]+/.exec(log)?.[0]),
  },
  {
    pattern: /lockfile had changes, but lockfile is frozen/,
    cause: () => outOfStep({ lock: 'bun.lock', manifest: 'package.json', by: 'bun install' }),
  },
  {
    pattern:
      /pyproject\.toml changed significantly since poetry\.lock was last generated|poetry\.lock is not up to date with pyproject\.toml/,
    cause: () => outOfStep({ lock: 'poetry.lock', manifest: 'pyproject.toml', by: 'poetry lock' }),
  },
  {
    pattern: /The lockfile at `uv\.lock` needs to be updated/,
    cause: () => outOfStep({ lock: 'uv.lock', manifest: 'pyproject.toml', by: 'uv lock' }),
  },
  {
    pattern: /Pipfile\.lock \([^)]*\) (?:is )?out of date/,
    cause: () => outOfStep({ lock: 'Pipfile.lock', manifest: 'Pipfile', by: 'pipenv lock' }),
  },
  {
    pattern: /updates to go\.(?:mod|sum) needed|missing go\.sum entry/,
    cause: () => outOfStep({ lock: 'go.sum', manifest: 'go.mod', by: 'go mod tidy' }),
  },
  {
    pattern: /the lock file \S+ needs to be updated but --(?:locked|frozen) was passed/,
    cause: () => outOfStep({ lock: 'Cargo.lock', manifest: 'Cargo.toml', by: 'cargo update --workspace' }),
  },
];
