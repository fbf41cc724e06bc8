import type { ServiceConfig } from '#libs/contracts';
import type { Finding } from '../build-plan.js';
import { portOf } from '../port.js';
import { SourceRefusal } from '../refusal.js';
import { presentOf, type SourceTree } from '../source-tree.js';
import { type App, appAmong } from './apps.js';
import { celeryWorker } from './celery.js';
import type { Django } from './django.js';
import { imports } from './frameworks.js';
import type { InlineScript } from './inline-script.js';
import type { Installation } from './installing.js';
import type { Manifests } from './manifests.js';
import { keysAt } from './toml.js';
import { type Module, modulesOf } from './modules.js';
import { procfileOf } from '../procfile.js';
import { procfileCommand } from './procfile-command.js';
import { serverAmong, serverToAdd, type Target } from './servers.js';

/** How a service is started, and what that needs. */
export interface Start {
  readonly command: readonly string[];
  readonly found: readonly Finding[];
  /** A folder that must be on PYTHONPATH, relative to the source. */
  readonly searched?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A package that is installed for it: `gunicorn==27.0.1`. */
  readonly adds?: string;
}

export interface StartParts {
  readonly tree: SourceTree;
  readonly config: ServiceConfig;
  readonly manifests: Manifests;
  readonly installation: Installation;
  readonly django: Django | undefined;
  /** What is installed was said by it, so it is what starts. */
  readonly script: InlineScript | undefined;
}

interface Facts extends StartParts {
  readonly modules: readonly Module[];
  readonly procfile: ReadonlyMap<string, string>;
}

type Way = (facts: Facts) => Start | undefined;

const byProcfile =
  (type: string): Way =>
  ({ procfile }) => {
    const line = procfile.get(type);
    return line === undefined
      ? undefined
      : { command: procfileCommand(line), found: [{ what: `its ${type} process`, by: 'Procfile' }] };
  };

const byDjango: Way = (facts) => {
  const { django, installation } = facts;
  if (django === undefined) return undefined;
  const { wsgi, asgi } = django.targets;
  const isAsync =
    asgi !== undefined &&
    (wsgi === undefined ||
      serverAmong(installation.dependencies, { speaks: 'asgi', isFactory: false })?.speaks.includes(
        'wsgi',
      ) === false);
  const name = isAsync && !hasServer(facts, 'gunicorn') ? asgi : (wsgi ?? asgi);
  if (name === undefined) return undefined;
  const speaks = name === asgi ? 'asgi' : 'wsgi';
  return served(facts, {
    target: { name, isFactory: false, speaks },
    found: [{ what: `Django by ${speaks.toUpperCase()}, ${name}`, by: django.managePy }],
    searched: django.searched,
  });
};

const hasServer = ({ installation }: Facts, name: string): boolean =>
  installation.dependencies.some((each) => each.name === name);

interface Served {
  readonly target: Target;
  readonly found: readonly Finding[];
  readonly searched?: string;
}

/** By the server among the dependencies, else by one that is installed for it. */
function served({ installation, config }: Facts, { target, found, searched }: Served): Start {
  const own = serverAmong(installation.dependencies, target);
  const { server, requirement } =
    own === undefined ? serverToAdd(target.speaks) : { server: own, requirement: undefined };
  const how: Finding =
    requirement === undefined
      ? { what: `served by ${server.name}`, by: 'its dependencies' }
      : {
          what: `served by ${requirement.replace('==', ' ')}, which is installed since no server is among the dependencies`,
        };
  return {
    command: server.command(target, portOf(config)),
    found: [...found, how],
    searched,
    adds: requirement,
  };
}

const byStreamlit: Way = (facts) => {
  const { modules, config } = facts;
  if (!hasServer(facts, 'streamlit')) return undefined;
  const using = modules.filter(({ text }) => imports(text, 'streamlit'));
  const module = using.find(({ path }) => path.endsWith('streamlit_app.py')) ?? using[0];
  if (module === undefined) return undefined;
  const options = [
    '--server.port',
    `${portOf(config)}`,
    '--server.address',
    '0.0.0.0',
    '--server.headless',
    'true',
  ];
  return {
    command: ['streamlit', 'run', module.path, ...options],
    found: [{ what: 'a Streamlit app', by: module.path }],
  };
};

/** Its modules start nothing by themselves: its command loads one. */
const byChainlit: Way = (facts) => {
  if (!hasServer(facts, 'chainlit')) return undefined;
  const module = facts.modules.find(({ text }) => imports(text, 'chainlit'));
  if (module === undefined) return undefined;
  const options = ['--host', '0.0.0.0', '--port', `${portOf(facts.config)}`, '--headless'];
  return {
    command: ['chainlit', 'run', module.path, ...options],
    found: [{ what: 'a Chainlit app', by: module.path }],
  };
};

const MAIN_BLOCK = /^if\s+__name__\s*==\s*["']__main__["']\s*:/m;

/** Written to be served by itself: it listens on every address, on a port that can be ours. */
const servesItself = ({ text }: Module, port = 0): boolean =>
  MAIN_BLOCK.test(text) &&
  text.includes('0.0.0.0') &&
  (/\bPORT\b/.test(text) || new RegExp(`\\b${port}\\b`).test(text));

const byApp: Way = (facts) => {
  const app = appAmong(facts.modules, facts.installation.dependencies);
  if (app === undefined) return undefined;
  const { module, target, framework } = app;
  const what = `${/^[AFI]/.test(framework) ? 'an' : 'a'} ${framework} app`;
  const found = [{ what: `${what.replace(/^an F/, 'a F')}, ${target.name}`, by: module.path }];
  if (target.speaks === 'own') return ownServer(facts, app, found);
  const serving: Target = { ...target, speaks: target.speaks };
  const isServed = serverAmong(facts.installation.dependencies, serving) !== undefined;
  return !isServed && servesItself(module, facts.config.port)
    ? { ...scriptStart(module), found: [...found, { what: 'it serves itself', by: 'its main block' }] }
    : served(facts, { target: serving, found, searched: module.searched });
};

/** Frameworks that bring their server. */
function ownServer(facts: Facts, { module, target, framework }: App, found: readonly Finding[]): Start {
  if (framework !== 'Sanic' && !hasServer(facts, 'gunicorn')) return { ...scriptStart(module), found };
  const port = portOf(facts.config);
  if (framework === 'Sanic') {
    const factory = target.isFactory ? ['--factory'] : [];
    const command = [
      'sanic',
      target.name,
      ...factory,
      '--host=0.0.0.0',
      `--port=${port}`,
      '--single-process',
    ];
    return { command, found, searched: module.searched };
  }
  const worker = ['--worker-class', 'aiohttp.GunicornWebWorker'];
  return {
    command: ['gunicorn', '--bind', `0.0.0.0:${port}`, ...worker, target.name],
    found,
    searched: module.searched,
  };
}

/** By its path where it is a script, by its name where it imports what belongs to its package. */
function scriptStart({ path, name, text, searched }: Module): Pick<Start, 'command' | 'searched'> {
  const isInPackage =
    path.includes('/') && (searched === undefined || name.includes('.') || /^[ \t]*from[ \t]+\./m.test(text));
  return isInPackage
    ? { command: ['python', '-m', name.replace(/\.__main__$/, '')], searched }
    : { command: ['python', path] };
}

/** Frameworks whose scripts listen on 127.0.0.1 unless their environment says otherwise. */
const LISTENING_BY_ENV = [
  {
    name: 'Gradio',
    module: 'gradio',
    env: (port: string) => ({ GRADIO_SERVER_NAME: '0.0.0.0', GRADIO_SERVER_PORT: port }),
  },
  { name: 'Dash', module: 'dash', env: () => ({ HOST: '0.0.0.0' }) },
] as const;

const SCRIPTS = ['main.py', 'app.py', 'server.py', 'run.py', 'bot.py', 'worker.py', 'index.py'];

const byScript: Way = ({ modules, config, script }) => {
  const module =
    modules.find(({ path }) => path === script?.path) ??
    modules.find(({ text }) => MAIN_BLOCK.test(text)) ??
    modules.find(({ path }) => path.endsWith('/__main__.py')) ??
    modules.find(({ path, text }) => SCRIPTS.includes(path) && text.trim() !== '');
  if (module === undefined) return undefined;
  const tool = LISTENING_BY_ENV.find(({ module: name }) => imports(module.text, name));
  return {
    ...scriptStart(module),
    found: [{ what: tool === undefined ? 'a script' : `a ${tool.name} app`, by: module.path }],
    ...(tool !== undefined && { env: tool.env(`${portOf(config)}`) }),
  };
};

/** The only command that the project installs. */
const byProjectScript: Way = ({ manifests: { pyproject }, installation }) => {
  const keys = [
    ['project', 'scripts'],
    ['tool', 'poetry', 'scripts'],
  ].flatMap((each) => keysAt(pyproject, each));
  const [name, ...others] = keys;
  if (name === undefined || others.length > 0 || !installation.installsItself) return undefined;
  return { command: [name], found: [{ what: `its command ${name}`, by: 'the scripts of pyproject.toml' }] };
};

const BOOT_SCRIPTS = ['boot.sh', 'start.sh', 'entrypoint.sh', 'docker-entrypoint.sh', 'run.sh'];

const byBootScript: Way = ({ tree }) => {
  const [script] = presentOf(tree, BOOT_SCRIPTS);
  if (script === undefined) return undefined;
  const shell = /^#!.*\bbash\b/.test(tree.text(script) ?? '') ? 'bash' : 'sh';
  return { command: [shell, script], found: [{ what: 'a boot script', by: script }] };
};

/** Without a port it is a worker, whatever else the Procfile starts. */
const byWorkerProcess: Way = (facts) =>
  facts.config.port === undefined ? byProcfile('worker')(facts) : undefined;

/** Without a port: with one, something else answers. */
const byCelery: Way = ({ modules, config }) => {
  const worker = config.port === undefined ? celeryWorker(modules) : undefined;
  return worker && { command: worker.command, found: [{ what: 'a Celery worker', by: worker.module.path }] };
};

/** The surest first: who wrote a Procfile means it. */
const WAYS: readonly Way[] = [
  byWorkerProcess,
  byCelery,
  byProcfile('web'),
  byDjango,
  byStreamlit,
  byChainlit,
  byApp,
  byProjectScript,
  byScript,
  byProcfile('worker'),
  byBootScript,
];

/**
 * How a source without `command` is started.
 * @throws SourceRefusal where nothing shows it
 */
export function startOf(parts: StartParts): Start {
  const { tree, installation } = parts;
  const facts = {
    ...parts,
    modules: modulesOf(tree, installation.installsItself),
    procfile: procfileOf(tree),
  };
  for (const way of WAYS) {
    const start = way(facts);
    if (start !== undefined) return start;
  }
  throw new SourceRefusal({
    field: 'command',
    why: 'nothing shows how the service starts: no Procfile, no manage.py, no app of a known framework, no script such as main.py',
    hint: 'Write the command that starts it, such as "gunicorn --bind 0.0.0.0:8000 shop:app" or "python serve.py".',
  });
}
