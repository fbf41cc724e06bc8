import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OneMachine, startOneMachine } from './one-machine/start.js';

/** `npm test [stage]`: every stage in turn, one count for the whole, the closing line `N passed, N failed`. */
interface Count {
  readonly passed: number;
  readonly failed: number;
}

const scratch = mkdtempSync(join(tmpdir(), 'slipway-test-'));

/** A command that passes or fails as one. */
function check(name: string, args: readonly string[]): Count {
  const { status } = spawnSync('npm', ['run', '--silent', ...args], { stdio: 'inherit' });
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
function vitest(project: string): Count {
  const file = join(scratch, `${project}.json`);
  const { status } = spawnSync(
    'vitest',
    ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    { stdio: 'inherit' },
  );
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

/** A vitest project that needs servers and nodes: started before the first of them, ended after the last. */
async function onOneMachine(project: string): Promise<Count> {
  try {
    machine ??= await startOneMachine();
  } catch (error) {
    console.error(
      `${project}: the one-machine set-up did not start.\n${error instanceof Error ? error.message : String(error)}`,
    );
    return { passed: 0, failed: 1 };
  }
  Object.assign(process.env, machine.env);
  return vitest(project);
}

const stages: Readonly<Record<string, () => Count | Promise<Count>>> = {
  lint: () => check('lint', ['lint']),
  typecheck: () => check('typecheck', ['typecheck']),
  unit: () => vitest('unit'),
  int: () => onOneMachine('int'),
  nodes: () => onOneMachine('nodes'),
  e2e: () => onOneMachine('e2e'),
};

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.filter((name) => !(name in stages));
  if (unknown.length > 0) {
    console.error(`test: unknown stage ${unknown.join(', ')}; stages are ${Object.keys(stages).join(', ')}`);
    return 2;
  }
  const counts: Count[] = [];
  for (const [name, run] of Object.entries(stages)) {
    if (wanted.length === 0 || wanted.includes(name)) counts.push(await run());
  }
  await machine?.stop();
  rmSync(scratch, { recursive: true, force: true });
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
