import type { ServiceConfig } from '#libs/contracts';
import type { Finding, Step } from '../build-plan.js';
import { SourceRefusal } from '../refusal.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import { stepOf } from '../steps.js';
import { type Framework, frameworkOf } from './frameworks.js';
import { type Commands, commandsOf } from './install.js';
import { type Lifecycle, lifecycleOf } from './lifecycle.js';
import { LOCK_FILES, type Manager, managerOf } from './manager.js';
import { startsCompiled } from './entry.js';
import { dependsOn, type PackageJson, packageJsonOf } from './package-json.js';
import { refuseStaleLock } from './stale-lock.js';
import { isForWorkAlone, START_SCRIPTS, startsServer } from './served.js';
import { type WorkspacePackage, workspacePackages } from './workspaces.js';

/** A source with a package.json, and what its files say of how it is built. */
export interface Project {
  readonly root: PackageJson;
  readonly packages: readonly WorkspacePackage[];
  readonly manager: Manager;
  readonly commands: Commands;
  readonly lifecycle: Lifecycle;
  readonly framework?: Framework;
  /** The package of a workspace that starts, and how. */
  readonly started?: WorkspacePackage & { readonly command: readonly string[] };
  readonly build: readonly Step[];
  readonly buildFound: readonly Finding[];
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

/** The second is Heroku's: npm never runs it. */
const BUILD_SCRIPTS = ['build', 'heroku-postbuild'];

/** Under another name only what certainly builds: `docs:build` that runs `vitepress build`. */
const BUILDS =
  /^(?:(?:vite|vitepress|vuepress|astro|next|nuxt|gatsby|docusaurus|rsbuild|parcel|react-scripts|vue-cli-service|ng|nest|webpack) build|hexo generate|eleventy$|tsc)\b/;

function buildScript({ scripts }: PackageJson): string | undefined {
  const usual = BUILD_SCRIPTS.find((name) => Object.hasOwn(scripts, name));
  if (usual !== undefined) return usual;
  const others = Object.keys(scripts).filter(
    (name) => /\bbuild\b/.test(name) && BUILDS.test(scripts[name] ?? ''),
  );
  return others.length === 1 ? others[0] : undefined;
}

type Built = Pick<Project, 'build' | 'buildFound'>;

const builtWith = (argv: readonly string[], by: string | undefined, after: readonly Step[] = []): Built => ({
  build: [...stepOf(argv), ...after],
  buildFound: [{ what: `built with \`${argv.join(' ')}\``, ...(by !== undefined && { by }) }],
});

interface Buildable {
  readonly tree: SourceTree;
  readonly root: PackageJson;
  readonly commands: Commands;
  readonly framework?: Framework;
  readonly started?: WorkspacePackage;
}

function buildOf(
  { build }: Pick<ServiceConfig, 'build'>,
  { tree, root, commands, framework, started }: Buildable,
): Built {
  if (build !== undefined) return { build: stepOf(build), buildFound: [] };
  const script = buildScript(root);
  if (script !== undefined)
    return builtWith(commands.run(script), `${script} of package.json`, framework?.afterBuild);
  if (framework !== undefined) return builtWith(framework.build, framework.name, framework.afterBuild);
  if (started?.json.scripts['build'] !== undefined)
    return builtWith(commands.runIn(nameOf(started), 'build'), `build of ${started.folder}package.json`);
  if (dependsOn(root, 'typescript') && startsCompiled(tree, root))
    return builtWith(['tsc'], 'outDir of tsconfig.json, which is not in the source');
  return { build: [], buildFound: [] };
}

/** As package managers know it. */
export const nameOf = ({ folder, json }: WorkspacePackage): string => json.name ?? folder.slice(0, -1);

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
