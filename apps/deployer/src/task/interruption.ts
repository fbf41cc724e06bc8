import type { TaskError } from '#libs/contracts';
import type { TaskState } from './domain/task.state.js';

/** setTimeout's longest wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** What ends a task's work before it has come to its end: the first reason counts. */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly deadline: NodeJS.Timeout;
  reason: TaskError | undefined;

  constructor(msToDeadline: number, onDeadline: () => void) {
    this.deadline = setTimeout(onDeadline, Math.min(Math.max(0, msToDeadline), LONGEST_MS));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  raise(reason: TaskError): void {
    this.reason ??= reason;
    this.controller.abort();
  }

  end(): void {
    clearTimeout(this.deadline);
  }
}

export const deadlinePassed = ({ deadlineAt }: TaskState): TaskError => ({
  code: 'DEADLINE_EXCEEDED',
  message: `The deadline of the request passed (${deadlineAt}).`,
  hint: 'Send the request again with a new token and a larger deadlineMs.',
});

export const cancelled = ({ token }: TaskState): TaskError => ({
  code: 'CANCELLED',
  message: `The request ${token} was cancelled.`,
  hint: 'To run it after all, send it again with a new token.',
});
