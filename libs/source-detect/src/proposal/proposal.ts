import { type ServiceConfig, serviceConfigSchema } from '#libs/contracts';
import type { BuildPlan, Finding } from '../build-plan.js';
import { detect } from '../detect.js';
import { SourceRefusal } from '../refusal.js';
import { runtimeOf } from '../runtime.js';
import type { SourceTree } from '../source-tree.js';
import type { Found } from './found.js';
import { foundMigrations, foundSqlite } from './found-database.js';
import { foundFallback } from './found-fallback.js';
import { foundHealth } from './found-health.js';
import { foundPort, portInWords } from './found-port.js';
import { hasOnlyWorkers } from './without-port.js';

/** What somebody has said already; it wins. */
export interface Given {
  readonly runtime?: string;
  readonly port?: number;
  readonly command?: readonly string[];
  readonly build?: readonly string[];
  readonly output?: string;
  readonly image?: string;
  readonly dockerfile?: string;
}

/** What a config.json would say of a source that has none. */
export interface Proposal {
  /** Undefined where the files say it better than one word does. */
  readonly runtime?: Found<string>;
  /** Undefined for a worker. */
  readonly port?: Found<number>;
  /** Undefined where the image has one, a web server gives out the files, or it is better found out. */
  readonly command?: Found<readonly string[]>;
  /** The command that is better found out. */
  readonly starts?: readonly string[];
  /** Undefined where none is, or it is better found out. */
  readonly build?: Found<readonly string[]>;
  readonly output?: Found<string>;
  /** Of a site whose only page reads the path itself. */
  readonly fallback?: Found<string>;
  readonly image?: Found<string>;
  readonly dockerfile?: Found<string>;
  readonly health?: Found<string>;
  /** What could run before each release. Never written as more than a comment. */
  readonly migrations?: Found<string>;
  /** The file that shows that it keeps data beside its code. */
  readonly sqlite?: string;
  /** All that was found, as a deployment will say it. */
  readonly found: readonly Finding[];
}

/** Free of privileges, and what people take for HTTP. The service finds it in PORT. */
const USUAL_PORT = 8080;
const GIVEN = 'the command line';

/**
 * What a source needs to say of itself to be deployed, from its files. Pure.
 * @throws SourceRefusal where that cannot be told, with the field that would settle it
 */
export function propose(tree: SourceTree, given: Given = {}): Proposal {
  const sign = runtimeOf(tree, given);
  const port = portFor(tree, sign.what, given);
  const fallback = sign.what === 'static' ? foundFallback(tree) : undefined;
  const known = { ...given, ...(fallback !== undefined && { fallback: fallback.value }) };
  const plan = detect(tree, configOf(port?.value, known));
  const command = commandOf(plan, given);
  const runtime = { value: runtimeName(plan), by: given.runtime === undefined ? sign.by : GIVEN };
  // What is written down must not change what is built: of a server that detection adds, the command alone is no use.
  const isWritten = (of: Given): boolean =>
    isSame(plan, planOf(tree, configOf(port?.value, { ...known, ...of })));
  const named = { runtime: runtime.value };
  const isRuntimeWritten = isWritten(named);
  const isCommandWritten = isWritten({ ...(isRuntimeWritten && named), command: command?.value });
  return {
    runtime: isRuntimeWritten ? runtime : undefined,
    port,
    command: isCommandWritten ? command : undefined,
    starts: isCommandWritten ? undefined : command?.value,
    build: buildOf(plan, given),
    output: given.output === undefined ? undefined : { value: given.output, by: GIVEN },
    fallback,
    image: given.image === undefined ? undefined : { value: given.image, by: GIVEN },
    dockerfile: given.dockerfile === undefined ? undefined : { value: given.dockerfile, by: GIVEN },
    health: port === undefined ? undefined : healthFor(tree, runtime.value),
    ...(runtime.value !== 'static' && { migrations: foundMigrations(tree), sqlite: foundSqlite(tree) }),
    found: plan.found,
  };
}

const healthFor = (tree: SourceTree, runtime: string): Found<string> | undefined =>
  runtime === 'static' ? { value: '/', by: 'what a site has' } : foundHealth(tree);

function portFor(tree: SourceTree, runtime: string, given: Given): Found<number> | undefined {
  if (given.port !== undefined) return { value: given.port, by: GIVEN };
  const named = portInWords(given.command?.join(' ') ?? '');
  if (named !== undefined) return { value: named, by: 'its command' };
  return hasOnlyWorkers(tree) ? undefined : (foundPort(tree, runtime, given) ?? { value: USUAL_PORT });
}

const configOf = (
  port: number | undefined,
  given: Omit<Given, 'port'> & { readonly fallback?: string },
): ServiceConfig => serviceConfigSchema.parse({ ...given, ...(port !== undefined && { port }) });

function runtimeName(plan: BuildPlan): string {
  if (plan.kind !== 'steps') return plan.kind;
  if (plan.site !== undefined) return 'static';
  return 'runtime' in plan.base ? plan.base.runtime : '';
}

/** Undefined where it is refused. */
function planOf(tree: SourceTree, config: ServiceConfig): BuildPlan | undefined {
  try {
    return detect(tree, config);
  } catch (error) {
    if (error instanceof SourceRefusal) return undefined;
    throw error;
  }
}

/** But for what is said of it. */
const isSame = (a: BuildPlan, b: BuildPlan | undefined): boolean =>
  JSON.stringify({ ...a, found: [] }) === JSON.stringify({ ...b, found: [] });

function commandOf(plan: BuildPlan, given: Given): Proposal['command'] {
  if (given.command !== undefined) return { value: given.command, by: GIVEN };
  if (plan.kind !== 'steps' || plan.site !== undefined || plan.command === undefined) return undefined;
  const finding = plan.found.find(({ kind }) => kind === 'command');
  return { value: plan.command, by: finding?.by };
}

/** Of languages without a detection of their own, the build belongs to the command. */
function buildOf(plan: BuildPlan, given: Given): Proposal['build'] {
  if (given.build !== undefined) return { value: given.build, by: GIVEN };
  const [step] =
    plan.kind === 'steps' && 'runtime' in plan.base && plan.base.runtime === 'go' ? plan.build : [];
  if (step === undefined) return undefined;
  return { value: step.argv, by: plan.found.find(({ kind }) => kind === 'build')?.by };
}
