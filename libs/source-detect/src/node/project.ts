import type { ServiceConfig } from '#libs/contracts';
import { SourceRefusal } from '../refusal.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import { type Built, buildOf } from './build.js';
import { type Framework, frameworkOf } from './frameworks.js';
import { type Commands, commandsOf } from './install.js';
import { type Lifecycle, lifecycleOf } from './lifecycle.js';
import { LOCK_FILES, type Manager, managerOf } from './manager.js';
import { type PackageJson, packageJsonOf } from './package-json.js';
import { refuseStaleLock } from './stale-lock.js';
import { isForWorkAlone, START_SCRIPTS, startsServer } from './served.js';
import { nameOf, type WorkspacePackage, workspacePackages } from './workspaces.js';

/** A source with a package.json, and what its files say of how it is built. */
export interface Project extends Built {
  readonly root: PackageJson;
  readonly packages: readonly WorkspacePackage[];
  readonly manager: Manager;
  readonly commands: Commands;
  readonly lifecycle: Lifecycle;
  readonly framework?: Framework;
  /** The package of a workspace that starts, and how. */
  readonly started?: WorkspacePackage & { readonly command: readonly string[] };
}

/** @returns undefined where there is no package.json */
export function projectOf(tree: SourceTree, config: ServiceConfig): Project | undefined {
  const root = packageJsonOf(tree);
  if (root === undefined) return withoutManifest(tree);
  const packages = workspacePackages(tree, root);
  const manager = managerOf(tree, root);
  if (config.install === undefined) refuseStaleLock(tree, root, manager);
  const lifecycle = lifecycleOf(tree, root, packages);
  const commands = commandsOf({ tree, manager, lifecycle, isWorkspace: packages.length > 0 });
  const framework = frameworkOf(tree, root);
  const started = startedPackage(tree, { root, packages, commands });
  return {
    root,
    packages,
    manager,
    commands,
    lifecycle,
    ...(framework !== undefined && { framework }),
    ...(started !== undefined && { started }),
    ...buildOf(config, { tree, root, commands, framework, started }),
  };
}

function withoutManifest(tree: SourceTree): undefined {
  const [lock] = presentOf(tree, LOCK_FILES);
  if (lock === undefined) return undefined;
  throw new SourceRefusal({
    field: 'runtime',
    why: `${lock} lies at the root, and the package.json that it belongs to does not`,
    hint: `Push package.json too, or leave out ${lock} where nothing is to be installed.`,
  });
}

/** The only package of a workspace that starts something, where its root starts nothing. */
function startedPackage(
  tree: SourceTree,
  { root, packages, commands }: Pick<Project, 'root' | 'packages' | 'commands'>,
): Project['started'] {
  if (START_SCRIPTS.some((name) => root.scripts[name] !== undefined)) return undefined;
  const [first, ...others] = packages.filter(({ json }) => json.scripts['start'] !== undefined);
  if (first === undefined || others.length > 0) return undefined;
  const { start } = first.json.scripts;
  // The server of a framework is started by the program that shows what it built: `next start`.
  const isOfFramework = !isForWorkAlone(start, first.json) && frameworkOf(tree, first.json) !== undefined;
  if (!isOfFramework && !startsServer(start, first.json)) return undefined;
  return { ...first, command: commands.runIn(nameOf(first), 'start') };
}
