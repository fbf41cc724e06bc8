import type { Worker } from 'node:worker_threads';
import { resultOf, type UnpackOutcome } from './unpack-outcome.js';
import type { UnpackedSource, UnpackRequest } from './unpack.js';

/**
 * At most `size` threads, started when needed and kept for the next archive; further archives wait their turn. Idle
 * threads do not keep the process alive. A thread that died or was cancelled is not used again.
 */
export class UnpackPool {
  private readonly idle = new Set<Worker>();
  private readonly waiting = new Set<() => void>();
  private busy = 0;

  constructor(
    private readonly size: number,
    private readonly start: () => Worker,
  ) {}

  /** Rejects with the signal's reason once the thread is gone and writes no more. */
  async run(request: UnpackRequest, signal?: AbortSignal): Promise<UnpackedSource> {
    await this.turn(signal);
    try {
      // A signal that fired meanwhile does not fire again.
      signal?.throwIfAborted();
      return resultOf(await this.ask(this.takeWorker(), request, signal));
    } finally {
      this.endTurn();
    }
  }

  private async turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.busy < this.size) {
      this.busy += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = (): void => {
      this.waiting.delete(resolve);
      reject(reasonOf(signal));
    };
    signal?.addEventListener('abort', cancel, { once: true });
    this.waiting.add(resolve);
    await promise.finally(() => signal?.removeEventListener('abort', cancel));
  }

  /** The next one waiting takes over the place. */
  private endTurn(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.busy -= 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }

  private takeWorker(): Worker {
    const [kept] = this.idle;
    const worker = kept ?? this.start();
    this.idle.delete(worker);
    if (kept === undefined) {
      worker.once('exit', () => this.idle.delete(worker));
      // Without a listener an idle thread's error would end the process.
      worker.on('error', () => this.idle.delete(worker));
    }
    return worker;
  }

  private async ask(worker: Worker, request: UnpackRequest, signal?: AbortSignal): Promise<UnpackOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<UnpackOutcome>();
    const died = (cause: unknown): void =>
      reject(new Error('the thread that unpacks the archive died', { cause }));
    const cancel = (): void => reject(reasonOf(signal));
    const listeners = { message: resolve, messageerror: died, error: died, exit: died };
    for (const [event, listener] of Object.entries(listeners)) worker.once(event, listener);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      worker.ref();
      worker.postMessage(request);
      const outcome = await promise;
      worker.unref();
      this.idle.add(worker);
      return outcome;
    } catch (error) {
      await worker.terminate();
      throw error;
    } finally {
      for (const [event, listener] of Object.entries(listeners)) worker.off(event, listener);
      signal?.removeEventListener('abort', cancel);
    }
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('cancelled', { cause: reason });
}
