import type { ServiceConfig } from '#libs/contracts';
import type { Finding, StepsPlan } from '../build-plan.js';
import { gitFinding, gitStep } from '../git.js';
import { misnamedProcfile, unusedProcesses } from '../procfile.js';
import type { SourceTree } from '../source-tree.js';
import { emptyPlan, stepOf, versionOf, WORKDIR } from '../steps.js';
import { dependenciesOf } from './dependencies.js';
import { namesGit } from './git-packages.js';
import { frontEndOf } from './front-end.js';
import { usesPnp } from './install.js';
import type { Lifecycle } from './lifecycle.js';
import type { Manager } from './manager.js';
import { manifestsOf } from './manifests.js';
import { nodeVersion } from './node-version.js';
import { nothingToStart } from './nothing-to-start.js';
import { type Project, projectOf } from './project.js';
import { startOf, startsProcess } from './start.js';

/** A service of Node.js. */
export function nodePlan(tree: SourceTree, config: ServiceConfig, found: readonly Finding[]): StepsPlan {
  const project = projectOf(tree, config);
  const isPnp = project !== undefined && isPnpOf(tree, project.manager);
  const parts = {
    tree,
    config,
    root: project?.root,
    commands: project?.commands,
    framework: project?.framework,
    started: project?.started,
    isBuilt: project !== undefined && (project.build.length > 0 || project.lifecycle.runsScripts),
    usesBun: project?.manager.name === 'bun',
    usesPnp: isPnp,
    isSite: frontEndOf(tree) !== undefined,
  };
  const start = startOf(parts);
  if (start === undefined) throw nothingToStart(tree, project);
  const plan = planOf(tree, config, found, project);
  const runEnv = {
    ...plan.runEnv,
    ...project?.framework?.runEnv,
    ...(isPnp && pnpOptions(project)),
    NODE_ENV: 'production',
  };
  const { installed, ...rest } =
    project === undefined ? { installed: [] } : dependenciesOf(project, config, start);
  return {
    ...plan,
    ...rest,
    runEnv,
    command: start.command,
    found: [
      ...plan.found,
      ...installed,
      ...start.found,
      ...unusedProcesses(tree, config, (type, line) => startsProcess(parts, type, line)),
      ...misnamedProcfile(tree),
    ],
  };
}

/**
 * How a source of Node.js is built, with its development dependencies, and neither pruned nor started: of a site the
 * files are all that is kept.
 */
export function nodeBuild(tree: SourceTree, config: ServiceConfig, found: readonly Finding[]): StepsPlan {
  return planOf(tree, config, found, projectOf(tree, config));
}

function planOf(
  tree: SourceTree,
  config: ServiceConfig,
  found: readonly Finding[],
  project: Project | undefined,
): StepsPlan {
  const wish = nodeVersion(tree, project?.root);
  const version = versionOf(config) ?? wish;
  const wished =
    version === undefined || version !== wish ? [] : [{ what: `version ${version.text}`, by: version.by }];
  const base = { runtime: 'node', ...(version !== undefined && { version }) };
  const plan = { ...emptyPlan(base), found: [...found, ...wished] };
  const isOwn = config.install !== undefined;
  if (project === undefined)
    return {
      ...plan,
      installNeedsSource: isOwn,
      install: stepOf(config.install),
      build: stepOf(config.build),
    };
  const { manager, commands, lifecycle, packages, build, buildFound } = project;
  const git = namesGit([project.root, ...packages.map(({ json }) => json)]);
  const { needsSource } = lifecycle;
  const special = needsSource === undefined ? [] : [needsSource];
  return {
    ...plan,
    setUp: [...(git === undefined ? [] : [gitStep]), ...commands.setUp],
    env: {
      PATH: `${WORKDIR}/node_modules/.bin:$PATH`,
      // The archives have to be where the service can read them.
      ...(isPnpOf(tree, manager) && { YARN_ENABLE_GLOBAL_CACHE: 'false' }),
    },
    manifests: manifestsOf(tree, project.root, packages),
    installNeedsSource: isOwn || needsSource !== undefined,
    install: isOwn ? stepOf(config.install) : commands.installAll,
    build,
    found: [
      ...plan.found,
      manager.found,
      ...(git === undefined ? [] : [gitFinding(git)]),
      ...(isOwn ? [] : [...withoutHooks(lifecycle), ...special]),
      ...buildFound,
    ],
  };
}

const withoutHooks = ({ forGit }: Lifecycle): readonly Finding[] =>
  forGit.map((name) => ({ what: `hooks of git are not installed: ${name} is left out`, by: 'package.json' }));

const isPnpOf = (tree: SourceTree, { name, version }: Manager): boolean =>
  name === 'yarn' && version?.startsWith('1.') === false && usesPnp(tree);

/** Makes Node.js find packages in their archives. */
const pnpOptions = (project: Project | undefined): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: [
    `--require=${WORKDIR}/.pnp.cjs`,
    ...(project?.root.type === 'module' ? [`--experimental-loader=${WORKDIR}/.pnp.loader.mjs`] : []),
  ].join(' '),
});
