import type { Step } from '../build-plan.js';
import type { SourceTree } from '../source-tree.js';
import type { Lifecycle } from './lifecycle.js';
import type { Manager } from './manager.js';
import { yarnSettings } from './settings.js';

/** What a package manager is told to do. */
export interface Commands {
  /** Brings the tool itself. */
  readonly setUp: readonly Step[];
  readonly installAll: readonly Step[];
  /** Without the development dependencies. */
  readonly installForRunning: readonly Step[];
  /** Removes the development dependencies; empty where the tool has no way to. Runs no script of the source. */
  readonly prune: readonly Step[];
  run(script: string): readonly string[];
  /** Runs a script in one package of a workspace. */
  runIn(workspace: string, script: string): readonly string[];
}

interface Installed {
  readonly tree: SourceTree;
  readonly manager: Manager;
  readonly lifecycle: Lifecycle;
  readonly isWorkspace: boolean;
}

export function commandsOf(installed: Installed): Commands {
  const commands = plainCommands(installed);
  const leaveOut = withoutScripts(installed.lifecycle.forGit);
  return {
    ...commands,
    installAll: [...leaveOut, ...commands.installAll],
    installForRunning: [...leaveOut, ...commands.installForRunning],
  };
}

function plainCommands({ tree, manager, lifecycle, isWorkspace }: Installed): Commands {
  switch (manager.name) {
    case 'npm':
      return npm(manager);
    case 'pnpm':
      return pnpm(manager, isWorkspace);
    case 'yarn':
      return manager.version?.startsWith('1.') ? yarn1(manager) : berry(tree, manager, lifecycle);
    case 'bun':
      return bun(manager, lifecycle);
  }
}

/** The options say what a setting of the source, or of the base image, might say otherwise. */
function npm({ lock }: Manager): Commands {
  const step = stepsIn('/root/.npm');
  const install = ['npm', lock === undefined ? 'install' : 'ci'];
  return {
    setUp: [],
    installAll: step([...install, '--include=dev']),
    installForRunning: step([...install, '--omit=dev']),
    prune: step(['npm', 'prune', '--omit=dev', '--ignore-scripts']),
    run: (script) => (script === 'start' ? ['npm', 'start'] : ['npm', 'run', script]),
    runIn: (workspace, script) => ['npm', 'run', script, '--workspace', workspace],
  };
}

function pnpm({ version, lock }: Manager, isWorkspace: boolean): Commands {
  const step = stepsIn('/root/.local/share/pnpm/store');
  const install = ['pnpm', 'install', lock === undefined ? '--no-frozen-lockfile' : '--frozen-lockfile'];
  return {
    setUp: globally(`pnpm@${version}`),
    installAll: step([...install, '--prod=false']),
    installForRunning: step([...install, '--prod']),
    // CI: asks nothing before it removes a folder. In a workspace, prune would take the dependencies of all packages
    // but the root's; an installation unlinks the others alone, as it does in pnpm 7, whose prune takes no options.
    prune: step([
      ...['env', 'CI=true'],
      ...(isWorkspace || version?.startsWith('7.')
        ? [...install, '--prod', '--ignore-scripts']
        : ['pnpm', 'prune', '--prod', '--config.ignore-scripts=true']),
    ]),
    run: (script) => ['pnpm', 'run', script],
    runIn: (workspace, script) => ['pnpm', '--filter', workspace, 'run', script],
  };
}

function yarn1({ version, lock }: Manager): Commands {
  const step = stepsIn('/usr/local/share/.cache/yarn');
  const install = [
    'yarn',
    'install',
    '--non-interactive',
    ...(lock === undefined ? [] : ['--frozen-lockfile']),
  ];
  return {
    setUp: globally(`yarn@${version}`),
    installAll: step([...install, '--production=false']),
    installForRunning: step([...install, '--production']),
    prune: step([...install, '--production', '--ignore-scripts', '--prefer-offline']),
    run: (script) => ['yarn', 'run', script],
    runIn: (workspace, script) => ['yarn', 'workspace', workspace, 'run', script],
  };
}

/** Yarn 2 and later has no installation for running alone: everything is installed, and the rest removed. */
function berry(tree: SourceTree, { version, lock }: Manager, { ofRoot, isInPackages }: Lifecycle): Commands {
  const step = usesPnp(tree) ? stepsIn(undefined) : stepsIn('/root/.yarn/berry/cache');
  const canFocus =
    !/^[23]\./.test(version ?? '') ||
    yarnSettings(tree).plugins.some((plugin) => plugin.includes('workspace-tools'));
  const all = step(['yarn', 'install', lock === undefined ? '--no-immutable' : '--immutable']);
  // It runs the scripts of the source again, whose tools it has just removed.
  const focus = [
    ...withoutScripts(ofRoot),
    ...step(['yarn', 'workspaces', 'focus', '--all', '--production']),
  ];
  const prune = canFocus && !isInPackages ? focus : [];
  return {
    setUp: globally(`@yarnpkg/cli-dist@${version}`),
    installAll: all,
    installForRunning: [...all, ...prune],
    prune,
    run: (script) => ['yarn', 'run', script],
    runIn: (workspace, script) => ['yarn', 'workspace', workspace, 'run', script],
  };
}

function bun({ version, lock }: Manager, { ofRoot, isInPackages }: Lifecycle): Commands {
  const step = stepsIn('/root/.bun/install/cache');
  const install = ['bun', 'install', ...(lock === undefined ? [] : ['--frozen-lockfile'])];
  return {
    setUp: globally(`bun@${version}`),
    installAll: step(install),
    installForRunning: step([...install, '--production']),
    // It has no command for it, and its installation leaves what is there.
    prune: isInPackages
      ? []
      : [
          ...withoutScripts(ofRoot),
          { argv: ['rm', '-rf', 'node_modules'] },
          ...step([...install, '--production']),
        ],
    run: (script) => ['bun', 'run', script],
    runIn: (workspace, script) => ['bun', 'run', '--filter', workspace, script],
  };
}

const stepsIn =
  (cache: string | undefined) =>
  (argv: readonly string[]): readonly Step[] => [{ argv, ...(cache !== undefined && { cache }) }];

const globally = (tool: string): readonly Step[] => [
  { argv: ['npm', 'install', '--global', tool], cache: '/root/.npm' },
];

/** Takes scripts out of package.json: no package manager can be told to skip one of them alone. */
const withoutScripts = (names: readonly string[]): readonly Step[] =>
  names.length === 0 ? [] : [{ argv: ['npm', 'pkg', 'delete', ...names.map((name) => `scripts.${name}`)] }];

/** Whether packages are read from their archives, without a node_modules. */
export const usesPnp = (tree: SourceTree): boolean => (yarnSettings(tree).nodeLinker ?? 'pnp') === 'pnp';
