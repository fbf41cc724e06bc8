import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './one-machine/free-port.js';
import type { OneMachine } from './one-machine/start.js';
import type { Platform } from './platform.js';

/** `npm test [stage]`: every stage, one count for the whole, the closing line `N passed, N failed`. */
interface Count {
  readonly passed: number;
  readonly failed: number;
}

const PLATFORM_LOG = join('.slipway', 'test-platform.log');
const scratch = mkdtempSync(join(tmpdir(), 'slipway-test-'));

interface Side {
  readonly env: NodeJS.ProcessEnv;
  /** Its output is printed at its end: another command prints meanwhile. */
  readonly isBeside?: boolean;
}

/**
 * The exit code of a command. Never a synchronous call: the servers of the set-up write into pipes that this process
 * must go on reading, or they stand still when a pipe is full.
 */
async function exitCodeOf(
  command: string,
  args: readonly string[],
  { env, isBeside = false }: Side,
): Promise<number | null> {
  const child = spawn(command, args, { env, stdio: isBeside ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => said.push(part));
  const [code] = (await once(child, 'close')) as [number | null];
  process.stdout.write(Buffer.concat(said));
  return code;
}

/** A command that passes or fails as one. */
async function check(name: string, side: Side): Promise<Count> {
  const status = await exitCodeOf('npm', ['run', '--silent', name], side);
  console.log(`${name}: ${status === 0 ? 'passed' : 'failed'}`);
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly success: boolean;
}

/** A vitest project. A skipped test, no test at all, or a file that does not load counts as a failure. */
async function vitest(
  project: string,
  side: Side = { env: process.env },
  files: readonly string[] = [],
): Promise<Count> {
  const file = join(scratch, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = await exitCodeOf('vitest', ['run', '--project', project, ...files, ...reporters], side);
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
    const failed = report.numFailedTests + report.numPendingTests;
    const broken = failed === 0 && (status !== 0 || !report.success || report.numPassedTests === 0) ? 1 : 0;
    return { passed: report.numPassedTests, failed: failed + broken };
  } catch (error) {
    console.error(`${project}: vitest wrote no report: ${String(error)}`);
    return { passed: 0, failed: 1 };
  }
}

/** As it was before anything was started: for stages with a set-up of their own. */
const environment: NodeJS.ProcessEnv = { ...process.env };
let machine: OneMachine | undefined;
let platform: Platform | undefined;

/** Variables for the stages to come on the set-up that they share. */
function provide(env: Readonly<Record<string, string>>): void {
  Object.assign(process.env, env);
}

/** Loaded when a stage needs it: unit tests would wait for the clients of all servers. */
async function startMachine(): Promise<OneMachine> {
  const { startOneMachine } = await import('./one-machine/start.js');
  return startOneMachine();
}

/** A vitest project that needs servers and nodes: started before the first of them, ended after the last. */
async function onOneMachine(project: string): Promise<Count> {
  try {
    machine ??= await startMachine();
  } catch (error) {
    return notStarted(project, 'the one-machine set-up', error);
  }
  provide(machine.env);
  return vitest(project);
}

/**
 * Where the platform sends its traces. The test that wants them listens there; to all others it shows that a collector
 * which is not there costs nothing.
 */
async function tracesTo(): Promise<Readonly<Record<string, string>>> {
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  return { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '200' };
}

/** What tests of the platform look at, and limits that they reach in a time that can be waited for. */
const platformSettings = (): Readonly<Record<string, string>> => ({
  DEPLOYER_WORK_DIRECTORY: join(scratch, 'sources'),
  // An installation of many packages says nothing for longer: where those are asked for, the default holds.
  ...(environment['SLIPWAY_SOURCES'] === undefined && { DEPLOYER_BUILD_IDLE_MS: '60000' }),
  PLATFORM_LOG,
});

/** A vitest project that needs the platform too. */
async function onPlatform(project: string): Promise<Count> {
  try {
    machine ??= await startMachine();
    provide(await tracesTo());
    provide(platformSettings());
    const { startPlatform } = await import('./platform.js');
    platform ??= await startPlatform({ ...machine, logFile: PLATFORM_LOG });
  } catch (error) {
    return notStarted(project, 'the platform', error);
  }
  provide({ ...machine.env, ...platform.env });
  const count = await vitest(project);
  if (count.failed > 0) console.error(`${project}: the platform's log is ${PLATFORM_LOG}`);
  return count;
}

async function endServers(): Promise<void> {
  await platform?.stop();
  await machine?.stop();
  platform = undefined;
  machine = undefined;
}

/** Ctrl-C reaches the running stage by itself; what the stages stand on is ended here. */
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(name, () => void endServers().finally(() => process.exit(130)));

function notStarted(project: string, what: string, error: unknown): Count {
  console.error(
    `${project}: ${what} did not start.\n${error instanceof Error ? error.message : String(error)}`,
  );
  return { passed: 0, failed: 1 };
}

type Stages = Readonly<Record<string, (side: Side) => Promise<Count>>>;

/** Each computes on one core. */
const checks: Stages = {
  lint: (side) => check('lint', side),
  typecheck: (side) => check('typecheck', side),
};

/** Nothing runs beside these: they compute on all cores, or measure how long something stands still. */
const alone: Stages = {
  unit: () => vitest('unit'),
  repo: () => vitest('repo'),
  alone: () => vitest('alone'),
};

/** On one set-up, one after the other. */
const onSharedSetUp: Stages = {
  int: () => onOneMachine('int'),
  nodes: () => onOneMachine('nodes'),
  e2e: () => onPlatform('e2e'),
  sources: () => onPlatform('sources'),
  replicas: () => onPlatform('replicas'),
  fuzz: () => onPlatform('fuzz'),
  crash: () => onPlatform('crash'),
};

/** Each on a set-up of its own. Most of their time they wait, so they run beside the others. */
const onOwnSetUp: Stages = {
  reconcile: (side) => vitest('reconcile', side),
  faults: (side) => vitest('faults', side),
  demo: (side) => vitest('demo', side),
  soak: (side) => vitest('soak', side),
};

/** Among all stages, the cheap `.int.spec` files beside its own stand for it. */
const byNameOnly = (names: readonly string[]): Stages => ({
  infra: (side) =>
    vitest(
      'infra',
      side,
      names.map((name) => `test/infra/${name}`),
    ),
});

/** `sources` may be followed by names of projects of the corpus, `infra` by beginnings of its files' names. */
function takenApart(words: readonly string[]): {
  readonly wanted: readonly string[];
  readonly names: readonly string[];
} {
  const [first, ...names] = words;
  return first === 'sources' || first === 'infra' ? { wanted: [first], names } : { wanted: words, names: [] };
}

/** Their base images are large: made only for projects of the corpus that are built on them. */
const needsToolchains = (sources = ''): boolean =>
  sources === 'whole' || sources.split(',').some((name) => /^(?:go|java)-/.test(name));

async function main(words: readonly string[]): Promise<number> {
  const { wanted, names } = takenApart(words);
  const named = byNameOnly(names);
  const stages = Object.keys({ ...checks, ...alone, ...onSharedSetUp, ...onOwnSetUp, ...named });
  const unknown = wanted.filter((name) => !stages.includes(name));
  if (unknown.length > 0) {
    console.error(`test: unknown stage ${unknown.join(', ')}; stages are ${stages.join(', ')}`);
    return 2;
  }
  // Asked for by its name it is whole; among all stages it has one case for each kind of effect.
  if (wanted.includes('crash')) environment['SLIPWAY_CRASH_CASES'] ??= 'whole';
  if (wanted.includes('faults')) environment['SLIPWAY_FAULTS'] ??= 'whole';
  if (wanted.includes('sources')) environment['SLIPWAY_SOURCES'] ??= names.join(',') || 'whole';
  if (needsToolchains(environment['SLIPWAY_SOURCES'])) environment['SLIPWAY_TOOLCHAINS'] ??= 'go,java';
  Object.assign(process.env, environment);
  const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
  const inTurn = async (stages: Stages, isBeside = false): Promise<Count[]> => {
    const counts: Count[] = [];
    for (const [name, run] of Object.entries(stages))
      if (isWanted(name)) counts.push(await run({ env: environment, isBeside }));
    return counts;
  };
  const atOnce = Object.entries(checks).map(([name, run]) => inTurn({ [name]: run }, true));
  const isShared = Object.keys(onSharedSetUp).some(isWanted);
  const counts = [
    ...(await Promise.all(atOnce)).flat(),
    ...(await inTurn(alone)),
    ...(wanted.length > 0 ? await inTurn(named) : []),
    ...(await Promise.all([inTurn(onSharedSetUp).finally(endServers), inTurn(onOwnSetUp, isShared)])).flat(),
  ];
  rmSync(scratch, { recursive: true, force: true });
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
