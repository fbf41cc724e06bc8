import { effectTable, type KindWith } from './domain/effect-table.js';
import { StepError } from './domain/task-error.js';

/** Effects that fail when they make no progress. */
type LimitedKind = KindWith<{ isLimited: true }>;
type LimitedPhase = (typeof effectTable)[LimitedKind]['phase'];

/** How long a phase may make no progress, in milliseconds. */
export type PhaseLimits = { readonly [P in LimitedPhase as `${P}Ms`]: number };

export interface PhaseResult<T> {
  readonly result: T;
  /** Wall time, whole milliseconds. */
  readonly ms: number;
}

interface Phase {
  readonly name: string;
  /** Without a sign of progress for so long, the phase has failed. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/** The phase of an effect, with its limit. */
export function phaseOf(kind: LimitedKind, limits: PhaseLimits, signal: AbortSignal): Phase {
  const { phase: name } = effectTable[kind];
  return { name, idleMs: limits[`${name}Ms`], signal };
}

/**
 * Does a phase's work under a deadline that moves with its progress. Throws StepError `<NAME>_TIMEOUT` when nothing
 * moves; the work's own signal is aborted then.
 */
export async function inPhase<T>(
  { name, idleMs, signal }: Phase,
  work: (signal: AbortSignal, onProgress: () => void) => Promise<T>,
): Promise<PhaseResult<T>> {
  const started = performance.now();
  const idle = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    idle.signal.addEventListener('abort', () => reject(timedOut(name, idleMs)), { once: true });
  });
  const onProgress = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => idle.abort(), idleMs);
  };
  onProgress();
  try {
    const result = await Promise.race([work(AbortSignal.any([signal, idle.signal]), onProgress), tooLong]);
    return { result, ms: Math.round(performance.now() - started) };
  } finally {
    clearTimeout(timer);
  }
}

function timedOut(name: string, idleMs: number): StepError {
  return new StepError({
    code: `${name.toUpperCase()}_TIMEOUT`,
    message: `The phase ${name} made no progress for ${idleMs} ms.`,
    hint: `Check the service that this phase uses. If it only needs more time, raise DEPLOYER_${name.toUpperCase()}_IDLE_MS.`,
  });
}
