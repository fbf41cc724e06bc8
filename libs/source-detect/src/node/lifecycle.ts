import type { Finding } from '../build-plan.js';
import { hasFile, type SourceTree } from '../source-tree.js';
import { dependsOn, type PackageJson } from './package-json.js';
import type { WorkspacePackage } from './workspaces.js';

/** What a package manager runs of the source itself when it installs. */
const SCRIPTS = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
  'pnpm:devPreinstall',
];

/** Programs that install hooks of git, and what such scripts hold besides: an image has no use for them. */
const FOR_GIT = [
  /^husky(?:\s+install)?(?:\s+[\w./-]+)?$/,
  /^lefthook\s+install(?:\s+-f)?$/,
  /^simple-git-hooks$/,
  /^pre-commit\s+install$/,
  /^is-ci$/,
  /^true$/,
  /^exit\s+0$/,
  /^:$/,
  /^echo\s[^$`]*$/,
];

/** Programs that need no more than the manifests. patches/ is one of them. */
const ARE_CONTENT = [...FOR_GIT, /^(?:npx\s+(?:--yes\s+|-y\s+)?)?only-allow\s+\w+$/, /^patch-package$/];

/** What the installation runs of the source, and what it reads of it besides the manifests. */
export interface Lifecycle {
  /** Scripts of the root that install hooks of git alone. They fail where git or their tool is not there. */
  readonly forGit: readonly string[];
  /** All scripts of the root that run when it is installed. */
  readonly ofRoot: readonly string[];
  /** Whether packages of the workspace have such scripts. */
  readonly isInPackages: boolean;
  /** Whether a script other than those for git runs: it may call any development dependency. */
  readonly runsScripts: boolean;
  /** Why the manifests do not suffice; undefined where they do. */
  readonly needsSource?: Finding;
}

const scriptsOf = ({ scripts }: PackageJson): readonly string[] =>
  SCRIPTS.filter((name) => Object.hasOwn(scripts, name));

export function lifecycleOf(
  tree: SourceTree,
  root: PackageJson,
  packages: readonly WorkspacePackage[],
): Lifecycle {
  const ofRoot = scriptsOf(root);
  const forGit = ofRoot.filter((name) => consistsOf(root.scripts[name] ?? '', FOR_GIT));
  const all = [{ folder: '', json: root }, ...packages];
  const needing = all
    .flatMap(({ folder, json }) =>
      scriptsOf(json).map((name) => ({ name, folder, script: json.scripts[name] ?? '' })),
    )
    .find(({ script }) => !consistsOf(script, ARE_CONTENT));
  const why =
    needing === undefined
      ? readsFolders(tree, all)
      : { what: `its script ${needing.name}`, by: `${needing.folder}package.json` };
  const isInPackages = packages.some(({ json }) => scriptsOf(json).length > 0);
  return {
    forGit,
    ofRoot,
    isInPackages,
    runsScripts: isInPackages || ofRoot.length > forGit.length,
    ...(why !== undefined && {
      needsSource: { what: `installed with the whole source for ${why.what}`, by: why.by },
    }),
  };
}

const consistsOf = (script: string, known: readonly RegExp[]): boolean =>
  script.split(/\s*(?:&&|\|\||;)\s*/).every((part) => known.some((one) => one.test(part.trim())));

/** A dependency in a folder of the source, and a native module that npm builds without a word of package.json. */
function readsFolders(tree: SourceTree, all: readonly WorkspacePackage[]): Finding | undefined {
  if (hasFile(tree, 'binding.gyp')) return { what: 'its native module', by: 'binding.gyp' };
  for (const { folder, json } of all) {
    const local = Object.entries({ ...json.dependencies, ...json.devDependencies }).find(([, wanted]) =>
      /^(?:file|link|portal):|^\.{0,2}\//.test(wanted),
    );
    if (local !== undefined) return { what: `its dependency ${local[0]}`, by: `${folder}package.json` };
  }
  // It is linked while packages are installed, and only if it is there.
  const program = all.find(
    ({ json }) =>
      json.hasPrograms && json.name !== undefined && all.some((one) => dependsOn(one.json, json.name ?? '')),
  );
  if (program !== undefined)
    return { what: `the program of its package ${program.json.name}`, by: `${program.folder}package.json` };
  const archive = tree.paths.find((path) => path.startsWith('.yarn/cache/'));
  return archive === undefined ? undefined : { what: 'its archives of packages', by: '.yarn/cache' };
}
