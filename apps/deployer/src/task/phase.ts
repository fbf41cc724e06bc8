import { StepError } from './domain/task-error.js';

/** How long a phase may make no progress, in milliseconds. */
export interface PhaseLimits {
  readonly fetchMs: number;
  readonly buildMs: number;
  readonly pushMs: number;
  readonly pullMs: number;
  readonly startMs: number;
  readonly stopMs: number;
}

export interface PhaseResult<T> {
  readonly result: T;
  /** Wall time, whole milliseconds. */
  readonly ms: number;
}

export interface Phase {
  readonly name: string;
  /** Without a sign of progress for so long, the phase has failed. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
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
    hint: `Look at what it talks to; if it only needs longer, raise DEPLOYER_${name.toUpperCase()}_IDLE_MS.`,
  });
}
