import type { ServiceConfig } from '#libs/contracts';
import type { Finding } from '../build-plan.js';
import { portOf } from '../port.js';
import type { SourceTree } from '../source-tree.js';
import { type Entry, entryOf } from './entry.js';
import type { Framework } from './frameworks.js';
import type { Commands } from './install.js';
import type { PackageJson } from './package-json.js';
import type { Project } from './project.js';
import { isSameCommand, procfileOf } from '../procfile.js';
import { hasHooks, lastWords, programOf, scriptNamed, wordsOfScript } from './script-words.js';
import { isForWorkAlone, START_SCRIPTS } from './served.js';
import { missingEnvFiles, withoutSupervisor } from './supervisors.js';

export interface Start {
  readonly command: readonly string[];
  /** What it runs, as it was written. */
  readonly text: string;
  readonly found: readonly Finding[];
}

export interface StartParts {
  readonly tree: SourceTree;
  readonly config: Pick<ServiceConfig, 'command'> & Partial<Pick<ServiceConfig, 'port'>>;
  readonly root?: PackageJson;
  readonly commands?: Commands;
  readonly framework?: Framework;
  /** The package of a workspace that starts. */
  readonly started?: Project['started'];
  readonly isBuilt: boolean;
  readonly usesBun: boolean;
  /** Its files are for browsers: `src/main.js` starts nothing. */
  readonly isSite: boolean;
  /** Programs of packages are found by the package manager alone. */
  readonly usesPnp: boolean;
}

/** How the service starts; undefined where nothing says it. */
export function startOf(parts: StartParts): Start | undefined {
  const { command } = parts.config;
  if (command !== undefined) return { command, text: command.join(' '), found: [] };
  return ofProcfile(parts) ?? ofScripts(parts) ?? ofFramework(parts) ?? ofEntry(parts) ?? ofPackage(parts);
}

const startsWith = (command: readonly string[], text: string, by: string): Start => ({
  command,
  text,
  found: [{ kind: 'command', what: `starts with \`${command.join(' ')}\``, by }],
});

/** The process of a Procfile that starts a service: without a port it is a worker. */
const processOf = ({ config }: StartParts): string => (config.port === undefined ? 'worker' : 'web');

function ofProcfile(parts: StartParts): Start | undefined {
  const line = procfileOf(parts.tree).get(processOf(parts));
  return line === undefined ? undefined : ofLine(parts, line);
}

/** A Procfile is read by a shell wherever it is used; one is run only where its words do not do. */
function ofLine(parts: StartParts, line: string): Start {
  const text = line.replaceAll(/\$\{?PORT\b\}?/g, () => String(portOf(parts.config)));
  const words = wordsOfScript(text);
  if (words === undefined) return startsWith(['sh', '-c', text], text, 'Procfile');
  const name = parts.root === undefined ? undefined : scriptNamed(words, parts.root);
  return (name === undefined ? undefined : ofScript(parts, name)) ?? startsWith(words, text, 'Procfile');
}

/** Whether a process of a Procfile is what starts: by its type, or by the command that config.json has of it. */
export function startsProcess(parts: StartParts, type: string, line: string): boolean {
  const { command, port } = parts.config;
  if (command === undefined) return type === processOf(parts);
  const needsPort = port === undefined && /\$\{?PORT\b/.test(line);
  return !needsPort && isSameCommand(ofLine(parts, line).command, command);
}

function ofScripts(parts: StartParts): Start | undefined {
  const { root } = parts;
  if (root === undefined) return undefined;
  for (const name of START_SCRIPTS) {
    const start = isForWorkAlone(root.scripts[name], root) ? undefined : ofScript(parts, name);
    if (start !== undefined) return start;
  }
  return undefined;
}

/**
 * A script that is one plain command is run without its package manager: that would take 40 MB or more for as long as
 * the service runs, and stand between it and its signals.
 */
function ofScript(parts: StartParts, name: string): Start | undefined {
  const { root, commands, framework } = parts;
  const script = root?.scripts[name];
  if (root === undefined || commands === undefined || script === undefined) return undefined;
  const by = `${name} of package.json`;
  const bare = parts.isBuilt ? withoutBuild(script, root) : script;
  const words = wordsOfScript(bare);
  const last = words === undefined || hasHooks(name, root) ? undefined : lastWords(words, root);
  if (last?.join(' ') === 'next start' && framework?.name === 'next') return ofFramework(parts);
  const direct = last === undefined ? undefined : directly(last, parts);
  const start = startsWith(direct ?? commands.run(name), direct?.join(' ') ?? script, by);
  const missing = direct === undefined ? [] : missingEnvFiles(last ?? [], parts.tree);
  return { ...start, found: [...start.found, ...missing] };
}

/** `npm run build && node dist/index.js`: it is built already. */
function withoutBuild(script: string, root: PackageJson): string {
  const parts = script.split(/\s*&&\s*/);
  const isBuild = (part: string): boolean =>
    scriptNamed(part.trim().split(/\s+/), root) === 'build' || part.trim() === root.scripts['build']?.trim();
  return parts.filter((part, place) => place === parts.length - 1 || !isBuild(part)).join(' && ');
}

/** What only a shell, or another package manager, can run. */
const NOT_ALONE: ReadonlySet<string> = new Set([
  'cd',
  'export',
  'set',
  '.',
  'source',
  'npm',
  'yarn',
  'pnpm',
  'exec',
]);

/** The words as they are run without a package manager; undefined where only that can run them. */
function directly(
  words: readonly string[],
  { tree, usesBun, usesPnp }: StartParts,
): readonly string[] | undefined {
  const program = programOf(words);
  const variables = words.slice(0, words.length - program.length);
  const own = withoutSupervisor(program, tree);
  const [first = ''] = own;
  if (first === '' || NOT_ALONE.has(first) || (first === 'bun' && !usesBun)) return undefined;
  return usesPnp && first !== 'node' ? undefined : [...variables, ...own];
}

function ofFramework({ framework, config }: StartParts): Start | undefined {
  if (framework === undefined) return undefined;
  portOf(config);
  const { command, name } = framework;
  return startsWith(command, command.join(' '), name);
}

function ofEntry(parts: StartParts): Start | undefined {
  const { tree, root, isBuilt, usesBun } = parts;
  if (parts.isSite) return undefined;
  const entry: Entry | undefined = entryOf(tree, { root, isBuilt, runsTypeScript: usesBun });
  if (entry === undefined) return undefined;
  const command = [usesBun ? 'bun' : 'node', entry.path];
  return startsWith(command, command.join(' '), entry.by);
}

function ofPackage({ started, config }: StartParts): Start | undefined {
  if (started === undefined) return undefined;
  portOf(config);
  const { command, folder, json } = started;
  return {
    ...startsWith(command, command.join(' '), `start of ${folder}package.json`),
    text: json.scripts['start'] ?? '',
  };
}
