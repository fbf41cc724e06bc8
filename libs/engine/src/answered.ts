/** Milliseconds within which an engine answers a question; a busy machine takes some seconds. */
export const ANSWER_MS = 20_000;
/** The same of a change: to remove a container with many files takes long. */
export const CHANGE_MS = 120_000;
/** The same of a prune, which removes many images or layers. */
export const PRUNE_MS = 1_800_000;

/** A call to the engine; where the call can be broken off, it is by the signal. */
export type Request<T> = (abortSignal: AbortSignal) => Promise<T>;

/** What the request comes to; after `limitMs` milliseconds without an answer it is given up, and its channel closed. */
export async function answered<T>(request: Request<T>, limitMs: number): Promise<T> {
  const limit = new AbortController();
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`the engine takes the call and does not answer within ${limitMs / 1_000} s`));
    limit.abort();
  }, limitMs);
  try {
    return await Promise.race([request(limit.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
