import type { TaskState } from '../../task/domain/task.state.js';

/** How long an instance that gets no more traffic runs on before its signal. */
interface Drain {
  /** The most, in milliseconds. */
  readonly ms: number;
  /** Its config.json asks for that time. */
  readonly isDeclared: boolean;
}

export function drainOf(state: TaskState, instance: string, defaultMs: number): Drain {
  const before = state.survey?.find(({ name }) => name === instance);
  if (before?.alive === false) return { ms: 0, isDeclared: false };
  const declared = (before?.release.config ?? state.release?.config)?.stop.drainMs;
  return { ms: declared ?? defaultMs, isDeclared: declared !== undefined };
}
