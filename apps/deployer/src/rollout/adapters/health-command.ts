import type { Engine, ExecResult } from '#libs/engine';
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

/** Of a run that is still going. */
const LATE = Symbol('late');

/** Runs `health.command` in containers, one at a time in each. */
export class HealthCommands {
  /**
   * By container, the run that has not ended. An engine cannot end it, so no other is started beside it: programs that
   * hang would fill the container's memory, one for each look.
   */
  private readonly open = new Map<string, Promise<ExecResult>>();

  /** Its output is told without the values of `secrets`. */
  async run(
    engine: Pick<Engine, 'exec'>,
    container: string,
    run: HealthCommandRun,
    secrets: () => Promise<readonly string[]>,
  ): Promise<ProbeResult> {
    try {
      const ended = await endOf(this.started(engine, container, run), run.timeoutMs);
      if (ended === LATE)
        return { healthy: false, seen: `health.command did not end within ${run.timeoutMs} ms` };
      const { exitCode, output } = ended;
      if (exitCode === 0) return { healthy: true, seen: 'health.command ended with 0' };
      const said = lastLine(masked(output, await secrets()));
      return {
        healthy: false,
        seen: `health.command ended with ${exitCode}${said === '' ? '' : `: ${said}`}`,
      };
    } catch (error) {
      if (!TOLD_ELSEWHERE.has(codeOf(error))) throw error;
      return { healthy: false, seen: `health.command could not be run: ${(error as Error).message}` };
    }
  }

  private started(
    engine: Pick<Engine, 'exec'>,
    container: string,
    { command, signal }: HealthCommandRun,
  ): Promise<ExecResult> {
    const before = this.open.get(container);
    if (before !== undefined) return before;
    const run = engine.exec(container, command, signal).finally(() => this.open.delete(container));
    this.open.set(container, run);
    return run;
  }
}

/** Its end, or LATE when the time is over. */
function endOf<T>(work: Promise<T>, timeoutMs: number): Promise<T | typeof LATE> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(LATE), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const lastLine = (output: string): string =>
  (output.trim().split('\n').at(-1) ?? '').trim().slice(0, LONGEST_SAID);
