import type { ServiceConfig } from '#libs/contracts';
import type { Finding, Step, StepsPlan } from '../build-plan.js';
import { gitFinding, gitStep } from '../git.js';
import { unusedNodeBuild } from '../python-beside-node.js';
import type { SourceTree } from '../source-tree.js';
import { emptyPlan, stepOf, versionOf, WORKDIR } from '../steps.js';
import { collectsStatic, type Django, djangoOf, hostsOf, standInsFor } from './django.js';
import { namesGit } from './git-packages.js';
import { inlineScriptOf } from './inline-script.js';
import { installationOf } from './installation.js';
import { type Installation, pipInstall } from './installing.js';
import { manifestsOf } from './manifests.js';
import { isSameCommand, misnamedProcfile, procfileOf, unusedProcesses } from '../procfile.js';
import { refuseNotInstalled } from './not-installed.js';
import { procfileCommand } from './procfile-command.js';
import { pipInstallReads } from './requirements.js';
import { type Start, startOf } from './start.js';
import {
  isTool,
  PIP_CACHE,
  toolPaths,
  TOOLS,
  toolSteps,
  type ToolName,
  VIRTUAL_ENVIRONMENT,
} from './tools.js';
import { dependenciesOf } from './dependencies.js';
import { pythonVersionOf } from './version.js';

export { VIRTUAL_ENVIRONMENT } from './tools.js';

/**
 * A service of Python.
 * @throws SourceRefusal where it names files that are not there, or nothing shows how it starts
 */
export function pythonPlan(tree: SourceTree, config: ServiceConfig, found: readonly Finding[]): StepsPlan {
  return planOf(tree, config, found, (parts) =>
    config.command === undefined ? shown(startOf({ tree, config, ...parts })) : ownStart(config.command),
  );
}

/** How a source of Python is installed and built, where something else than it is started. */
export function pythonBuild(tree: SourceTree, config: ServiceConfig, found: readonly Finding[]): StepsPlan {
  const plan = planOf(tree, config, found, () => ({ command: [], found: [] }));
  return { ...plan, command: undefined };
}

type Startable = Omit<Parameters<typeof startOf>[0], 'tree' | 'config'>;

function planOf(
  tree: SourceTree,
  config: ServiceConfig,
  found: readonly Finding[],
  startWith: (parts: Startable) => Start,
): StepsPlan {
  const manifests = manifestsOf(tree);
  const script = inlineScriptOf(tree, config.command);
  const version = versionOf(config) ?? pythonVersionOf(tree, manifests, script);
  const detected = installationOf({ tree, manifests }, script);
  const installation =
    config.install === undefined ? detected : ownInstallation(tree, config.install, detected);
  if (config.install === undefined) refuseNotInstalled(tree, installation);
  const django = djangoOf(tree, config.env);
  const start = startWith({ manifests, installation, django, script });
  const collecting =
    config.build === undefined && config.env['DISABLE_COLLECTSTATIC'] === undefined
      ? collectingOf(config, django)
      : undefined;
  const tools = toolsOf(config, installation, start);
  const git = namesGit(tree, installation);
  return {
    ...emptyPlan({ runtime: 'python', version }),
    setUp: [
      ...(git === undefined ? [] : [gitStep]),
      ...VIRTUAL_ENVIRONMENT.setUp,
      ...tools.flatMap(toolSteps),
    ],
    env: {
      ...VIRTUAL_ENVIRONMENT.env,
      PATH: toolPaths(tools),
      ...envOf(tools, 'env'),
      ...pathEnv(start),
      ...start.env,
    },
    runEnv: envOf(tools, 'runEnv'),
    manifests: installation.needsSource ? [] : installation.manifests,
    installNeedsSource: installation.needsSource,
    install: [...installation.steps, ...addedSteps(start, installation)],
    build: collecting?.steps ?? stepOf(config.build, PIP_CACHE),
    command: start.command,
    found: [
      ...found,
      ...(version === undefined ? [] : [{ what: `Python ${version.text}`, by: version.by }]),
      ...installation.found,
      ...(git === undefined ? [] : [gitFinding(git)]),
      ...(collecting?.found ?? []),
      ...start.found,
      ...(django === undefined ? [] : hostsOf(django)),
      ...unusedProcesses(tree, config, startsProcess(tree, config)),
      ...misnamedProcfile(tree),
      ...unusedNodeBuild(tree),
    ],
  };
}

/** What config.json installs by: its command reads the whole source, unless it is pip's and says what it reads. */
function ownInstallation(tree: SourceTree, argv: readonly string[], detected: Installation): Installation {
  const reads = pipInstallReads(tree, argv);
  const [program] = argv;
  return {
    ...(isTool(program) && { tool: program }),
    found: [{ what: 'installed by `install`', by: 'config.json' }],
    manifests: reads?.needsSource === false ? reads.files : [],
    needsSource: reads?.needsSource !== false,
    steps: [{ argv, cache: isTool(program) ? TOOLS[program].cache : PIP_CACHE }],
    dependencies: [...detected.dependencies, ...dependenciesOf(reads?.packages ?? [])],
    installsItself: reads?.needsSource ?? detected.installsItself,
    packages: (reads?.packages ?? []).map((each) => ['install of config.json', each] as const),
  };
}

const ownStart = (command: readonly string[]): Start => ({
  command,
  found: [{ what: 'started by `command`', by: 'config.json' }],
});

/** As it would be typed; shown of what was found out only, since an own command may hold what is not for everybody. */
const typed = (argv: readonly string[]): string =>
  argv.map((word) => (/[\s$;&|"']/.test(word) ? `'${word}'` : word)).join(' ');

const shown = (start: Start): Start => ({
  ...start,
  found: [...start.found, { kind: 'command', what: `starts with \`${typed(start.command)}\`` }],
});

/** The tools that install it, and those that its own commands call: `poetry run gunicorn shop:app`. */
function toolsOf(config: ServiceConfig, { tool }: Installation, { command }: Start): readonly ToolName[] {
  const named = [
    command[0],
    config.build?.[0],
    command[0] === 'sh' ? /\bexec (\w+)/.exec(command[2] ?? '')?.[1] : undefined,
  ];
  return [...new Set([tool, ...named].filter(isTool))];
}

const envOf = (tools: readonly ToolName[], key: 'env' | 'runEnv'): Readonly<Record<string, string>> =>
  Object.assign({}, ...tools.map((tool) => TOOLS[tool][key])) as Readonly<Record<string, string>>;

const pathEnv = ({ searched }: Start): Readonly<Record<string, string>> =>
  searched === undefined ? {} : { PYTHONPATH: `${WORKDIR}/${searched}` };

function addedSteps({ adds }: Start, { tool }: Installation): readonly Step[] {
  if (adds === undefined) return [];
  return tool === 'uv'
    ? [{ argv: ['uv', 'pip', 'install', adds], cache: TOOLS.uv.cache }]
    : [pipInstall([adds])];
}

interface Collecting {
  readonly steps: readonly Step[];
  readonly found: readonly Finding[];
}

/** Django's static files, where its settings say where to. */
function collectingOf({ secrets = {} }: ServiceConfig, django: Django | undefined): Collecting | undefined {
  if (django === undefined || !collectsStatic(django)) return undefined;
  const stoodIn = standInsFor(django, Object.keys(secrets));
  const env = stoodIn.length === 0 ? [] : ['env', ...stoodIn];
  const names = stoodIn.map((each) => each.split('=')[0]).join(' and ');
  const settings = django.serverSettings === undefined ? [] : [`--settings=${django.serverSettings}`];
  const argv = [...env, 'python', django.managePy, 'collectstatic', '--noinput', ...settings];
  const what =
    stoodIn.length === 0
      ? 'static files are collected'
      : `static files are collected, with a stand-in for ${names}`;
  return { steps: [{ argv }], found: [{ what, by: 'STATIC_ROOT of its settings' }] };
}

/** Of a command of config.json: `slipway init` writes that of a process there. */
function startsProcess(tree: SourceTree, { command, port }: ServiceConfig) {
  if (command !== undefined)
    return (_: string, line: string): boolean => isSameCommand(procfileCommand(line), command);
  const procfile = procfileOf(tree);
  const isWeb = procfile.has('web') && !(port === undefined && procfile.has('worker'));
  return (type: string): boolean => type === (isWeb ? 'web' : 'worker');
}
