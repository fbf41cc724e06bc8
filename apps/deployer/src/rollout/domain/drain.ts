import type { TaskState } from '../../task/domain/task.state.js';

/** How long carriers of traffic may take to let go of an instance where nobody says how long. */
const CARRIERS_MS = 5_000;

/** How long an instance that gets no more traffic runs on before its signal. */
interface Drain {
  /** The most, in milliseconds. */
  readonly ms: number;
  /** Its config.json or the operator asks for that time: it is waited for also where nobody carries traffic. */
  readonly isDeclared: boolean;
}

/** `declaredMs` is what the operator asks for where config.json does not say. */
export function drainOf(state: TaskState, instance: string, declaredMs: number | undefined): Drain {
  const before = state.survey?.find(({ name }) => name === instance);
  if (before?.alive === false) return { ms: 0, isDeclared: false };
  const config = before?.release.config ?? state.release?.config;
  // Nobody sends traffic to a worker.
  if (config !== undefined && config.port === undefined) return { ms: 0, isDeclared: false };
  const declared = config?.stop.drainMs ?? declaredMs;
  return { ms: declared ?? CARRIERS_MS, isDeclared: declared !== undefined };
}
