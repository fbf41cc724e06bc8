import type { ServiceConfig } from '#libs/contracts';
import type { Finding, Step } from '../build-plan.js';
import type { SourceTree } from '../source-tree.js';
import { stepOf } from '../steps.js';
import { startsCompiled } from './entry.js';
import type { Framework } from './frameworks.js';
import type { Commands } from './install.js';
import { dependsOn, type PackageJson } from './package-json.js';
import { nameOf, type WorkspacePackage } from './workspaces.js';

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

/** The steps, and what is said of them. */
export interface Built {
  readonly build: readonly Step[];
  readonly buildFound: readonly Finding[];
}

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

/** What builds a project: config.json, a script, its framework, or its compiler. */
export function buildOf(
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
