import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

export interface Count {
  readonly passed: number;
  readonly failed: number;
  /** What failed, a line each, for the end of the output. */
  readonly failures: readonly string[];
}

export const failedOf = (what: string): Count => ({ passed: 0, failed: 1, failures: [what] });

export interface Side {
  readonly env: NodeJS.ProcessEnv;
  /** Its output is printed at its end: another command prints meanwhile. */
  readonly isBeside?: boolean;
}

/** Deleted at the end. */
export const scratch = mkdtempSync(join(tmpdir(), 'slipway-test-'));

const running = new Set<ChildProcess>();

/** A terminal's Ctrl-C reaches them by itself; a signal to this process alone does not. */
export function endCommands(): void {
  for (const child of running) child.kill('SIGTERM');
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
  running.add(child);
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => said.push(part));
  const [code] = (await once(child, 'close')) as [number | null];
  running.delete(child);
  process.stdout.write(Buffer.concat(said));
  return code;
}

/** A command that passes or fails as one. */
export async function check(name: string, side: Side): Promise<Count> {
  const status = await exitCodeOf('npm', ['run', '--silent', name], side);
  console.log(`${name}: ${status === 0 ? 'passed' : 'failed'}`);
  return status === 0 ? { passed: 1, failed: 0, failures: [] } : failedOf(name);
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    /** Why the file as a whole failed, such as that it does not load. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

/** A vitest project. A skipped test, no test at all, or a file that does not load counts as a failure. */
export async function vitest(project: string, side: Side, files: readonly string[] = []): Promise<Count> {
  const file = join(scratch, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = await exitCodeOf('vitest', ['run', '--project', project, ...files, ...reporters], side);
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
    const failed = report.numFailedTests + report.numPendingTests;
    const isBroken = failed === 0 && (status !== 0 || !report.success || report.numPassedTests === 0);
    const failures = [...failuresOf(report), ...(isBroken ? ['vitest failed, though no test did'] : [])];
    return {
      passed: report.numPassedTests,
      failed: failed + (isBroken ? 1 : 0),
      failures: failures.map((failure) => `${project}: ${failure}`),
    };
  } catch (error) {
    console.error(`${project}: vitest wrote no report: ${String(error)}`);
    return failedOf(`${project}: no report`);
  }
}

const firstLine = (text = ''): string => text.split('\n', 1)[0] ?? '';

function failuresOf({ testResults }: VitestReport): readonly string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const tests = assertionResults
      .filter((test) => test.status !== 'passed')
      .map((test) => `${file}: ${test.fullName}: ${firstLine(test.failureMessages?.[0]) || test.status}`);
    return status === 'passed' || tests.length > 0 ? tests : [`${file}: ${firstLine(message)}`];
  });
}
