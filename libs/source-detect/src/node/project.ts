import type { ServiceConfig } from '#libs/contracts';
import type { Finding, Step } from '../build-plan.js';
import { SourceRefusal } from '../refusal.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import { stepOf } from '../steps.js';
import { type Framework, frameworkOf } from './frameworks.js';
import { type Commands, commandsOf } from './install.js';
import { type Lifecycle, lifecycleOf } from './lifecycle.js';
import { LOCK_FILES, type Manager, managerOf } from './manager.js';
import { type PackageJson, packageJsonOf } from './package-json.js';
import { type WorkspacePackage, workspacePackages } from './workspaces.js';

/** A source with a package.json, and what its files say of how it is built. */
export interface Project {
  readonly root: PackageJson;
  readonly packages: readonly WorkspacePackage[];
  readonly manager: Manager;
  readonly commands: Commands;
  readonly lifecycle: Lifecycle;
  readonly framework?: Framework;
  readonly build: readonly Step[];
  readonly buildFound: readonly Finding[];
}

/** @returns undefined where there is no package.json */
export function projectOf(tree: SourceTree, config: ServiceConfig): Project | undefined {
  const root = packageJsonOf(tree);
  if (root === undefined) return withoutManifest(tree);
  const packages = workspacePackages(tree, root);
  const manager = managerOf(tree, root);
  const lifecycle = lifecycleOf(tree, root, packages);
  const commands = commandsOf({ tree, manager, lifecycle, isWorkspace: packages.length > 0 });
  const framework = frameworkOf(tree, root);
  return {
    root,
    packages,
    manager,
    commands,
    lifecycle,
    ...(framework !== undefined && { framework }),
    ...buildOf(config, root, commands, framework),
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

/** The second is Heroku's: npm never runs it. */
const BUILD_SCRIPTS = ['build', 'heroku-postbuild'];

function buildOf(
  { build }: Pick<ServiceConfig, 'build'>,
  { scripts }: PackageJson,
  commands: Commands,
  framework: Framework | undefined,
): Pick<Project, 'build' | 'buildFound'> {
  if (build !== undefined) return { build: stepOf(build), buildFound: [] };
  const script = BUILD_SCRIPTS.find((name) => Object.hasOwn(scripts, name));
  const argv = script === undefined ? framework?.build : commands.run(script);
  if (argv === undefined) return { build: [], buildFound: [] };
  const by = script === undefined ? framework?.name : `${script} of package.json`;
  return {
    build: [...stepOf(argv), ...(framework?.afterBuild ?? [])],
    buildFound: [{ what: `built with \`${argv.join(' ')}\``, ...(by !== undefined && { by }) }],
  };
}
