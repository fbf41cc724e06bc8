import type { Engine } from '#libs/engine';
import { masked } from '../../secrets/domain/mask.js';
import { codeOf } from '../../task/domain/task-error.js';
import type { HealthCommandRun, ProbeResult } from '../ports.js';

const LONGEST_SAID = 200;

/** Whoever watches the container tells that it has ended, or that its node is away. */
const TOLD_ELSEWHERE: ReadonlySet<string | undefined> = new Set([
  'SPEC_INVALID',
  'CONTAINER_NOT_FOUND',
  'ENGINE_UNREACHABLE',
]);

/** Runs `health.command` in a container; its output is told without the values of `secrets`. */
export async function runHealthCommand(
  engine: Engine,
  container: string,
  { command, timeoutMs, signal }: HealthCommandRun,
  secrets: () => Promise<readonly string[]>,
): Promise<ProbeResult> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const { exitCode, output } = await engine.exec(container, command, AbortSignal.any([signal, late]));
    if (exitCode === 0) return { healthy: true, seen: 'health.command ended with 0' };
    const said = lastLine(masked(output, await secrets()));
    return { healthy: false, seen: `health.command ended with ${exitCode}${said === '' ? '' : `: ${said}`}` };
  } catch (error) {
    if (late.aborted) return { healthy: false, seen: `health.command did not end within ${timeoutMs} ms` };
    if (!TOLD_ELSEWHERE.has(codeOf(error))) throw error;
    return { healthy: false, seen: `health.command could not be run: ${(error as Error).message}` };
  }
}

const lastLine = (output: string): string =>
  (output.trim().split('\n').at(-1) ?? '').trim().slice(0, LONGEST_SAID);
