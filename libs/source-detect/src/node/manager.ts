import type { Finding } from '../build-plan.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import type { PackageJson } from './package-json.js';
import { type ManagerName, managerVersion } from './manager-version.js';

/** The tool that installs the packages of a source. */
export interface Manager {
  readonly name: ManagerName;
  /** Exact; undefined for npm, which the base image has. */
  readonly version?: string;
  /** The lock file that it installs by. */
  readonly lock?: string;
  readonly found: Finding;
}

/** The surest first: a package-lock.json is what other tools leave behind most often. */
const LOCKS: readonly (readonly [name: ManagerName, files: readonly string[]])[] = [
  ['pnpm', ['pnpm-lock.yaml']],
  ['bun', ['bun.lock', 'bun.lockb']],
  ['yarn', ['yarn.lock']],
  ['npm', ['npm-shrinkwrap.json', 'package-lock.json']],
];

/** Without a lock file: whose settings lie there. */
const SETTINGS: readonly (readonly [name: ManagerName, files: readonly string[]])[] = [
  ['pnpm', ['pnpm-workspace.yaml', '.pnpmfile.cjs']],
  ['yarn', ['.yarnrc.yml', '.yarnrc']],
  ['bun', ['bunfig.toml']],
];

export const LOCK_FILES: readonly string[] = LOCKS.flatMap(([, files]) => files);

interface Named {
  readonly name: ManagerName;
  readonly by: string;
}

const isManager = (name: string): name is ManagerName => LOCKS.some(([known]) => known === name);

/** What package.json names: `pnpm@9.1.0+sha512...`. */
function namedOf({ packageManager, wantedManager }: PackageJson): Named | undefined {
  const name = packageManager?.split('@')[0] ?? '';
  if (isManager(name)) return { name, by: 'packageManager of package.json' };
  const wanted = wantedManager['name'] ?? '';
  return isManager(wanted) ? { name: wanted, by: 'devEngines of package.json' } : undefined;
}

/**
 * The tool whose lock file lies there, for only a lock file says what is installed. Among several, and where there is
 * none, the one that package.json names.
 */
export function managerOf(tree: SourceTree, root: PackageJson): Manager {
  const locks = LOCKS.flatMap(([name, files]) => presentOf(tree, files).map((lock) => ({ name, lock })));
  const named = namedOf(root);
  const chosen = locks.find(({ name }) => name === named?.name) ?? locks[0];
  const [settings] = SETTINGS.flatMap(([name, files]) =>
    presentOf(tree, files).map((by): Named => ({ name, by })),
  );
  const { name, by } = named ?? settings ?? { name: 'npm' as const, by: 'package.json' };
  const tool = chosen?.name ?? name;
  const version = managerVersion(tree, root, tool);
  const isPicked = locks.length > 1 && named !== undefined && named.name === chosen?.name;
  const reasons = [isPicked && named.by, version.by, chosen?.lock ?? by].filter(Boolean);
  const unused = unusedLocks(locks, chosen, named);
  return {
    name: tool,
    ...(version.exact !== undefined && { version: version.exact }),
    ...(chosen !== undefined && { lock: chosen.lock }),
    found: {
      what: [tool, version.said, chosen === undefined && 'without a lock file'].filter(Boolean).join(' '),
      by: [[...new Set(reasons)].join(' and '), unused].filter(Boolean).join(' '),
    },
  };
}

function unusedLocks(
  locks: readonly { readonly name: ManagerName; readonly lock: string }[],
  chosen: { readonly name: ManagerName; readonly lock: string } | undefined,
  named: Named | undefined,
): string | undefined {
  const unused = locks.filter(({ lock }) => lock !== chosen?.lock).map(({ lock }) => lock);
  const isOther = named !== undefined && chosen !== undefined && named.name !== chosen.name;
  const said = [
    ...(unused.length === 0 ? [] : [`${unused.join(', ')} not used`]),
    ...(isOther ? [`${named.by} names ${named.name}, whose lock file is missing`] : []),
  ];
  return said.length === 0 ? undefined : `(${said.join('; ')})`;
}
