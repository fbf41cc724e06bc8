import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './one-machine/free-port.js';
import type { OneMachine } from './one-machine/start.js';
import type { Platform } from './platform.js';

/** `npm test [stage]`: every stage in turn, one count for the whole, the closing line `N passed, N failed`. */
interface Count {
  readonly passed: number;
  readonly failed: number;
}

const PLATFORM_LOG = join('.slipway', 'test-platform.log');
const scratch = mkdtempSync(join(tmpdir(), 'slipway-test-'));

/**
 * The exit code of a command. Never a synchronous call: the servers of the set-up write into pipes that this process
 * must go on reading, or they stand still when a pipe is full.
 */
async function exitCodeOf(command: string, args: readonly string[]): Promise<number | null> {
  const [code] = (await once(spawn(command, args, { stdio: 'inherit' }), 'close')) as [number | null];
  return code;
}

/** A command that passes or fails as one. */
async function check(name: string, args: readonly string[]): Promise<Count> {
  const status = await exitCodeOf('npm', ['run', '--silent', ...args]);
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
async function vitest(project: string): Promise<Count> {
  const file = join(scratch, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = await exitCodeOf('vitest', ['run', '--project', project, ...reporters]);
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

let machine: OneMachine | undefined;
let platform: Platform | undefined;
const provided = new Set<string>();

/** Variables for the stages to come, until the servers that they name are ended. */
function provide(env: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(env)) if (process.env[name] === undefined) provided.add(name);
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
  DEPLOYER_BUILD_IDLE_MS: '15000',
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
  for (const name of provided) delete process.env[name];
  provided.clear();
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

const stages: Readonly<Record<string, () => Promise<Count>>> = {
  lint: () => check('lint', ['lint']),
  typecheck: () => check('typecheck', ['typecheck']),
  unit: () => vitest('unit'),
  repo: () => vitest('repo'),
  alone: () => vitest('alone'),
  int: () => onOneMachine('int'),
  nodes: () => onOneMachine('nodes'),
  e2e: () => onPlatform('e2e'),
  replicas: () => onPlatform('replicas'),
  fuzz: () => onPlatform('fuzz'),
  crash: () => onPlatform('crash'),
  reconcile: () => endServers().then(() => vitest('reconcile')),
  faults: () => endServers().then(() => vitest('faults')),
  demo: () => endServers().then(() => vitest('demo')),
  soak: () => endServers().then(() => vitest('soak')),
};

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.filter((name) => !(name in stages));
  if (unknown.length > 0) {
    console.error(`test: unknown stage ${unknown.join(', ')}; stages are ${Object.keys(stages).join(', ')}`);
    return 2;
  }
  // Asked for by its name it is whole; among all stages it has one case for each kind of effect.
  if (wanted.includes('crash')) process.env['SLIPWAY_CRASH_CASES'] ??= 'whole';
  if (wanted.includes('faults')) process.env['SLIPWAY_FAULTS'] ??= 'whole';
  const counts: Count[] = [];
  for (const [name, run] of Object.entries(stages)) {
    if (wanted.length === 0 || wanted.includes(name)) counts.push(await run());
  }
  await endServers();
  rmSync(scratch, { recursive: true, force: true });
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
