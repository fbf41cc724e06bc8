/** Time counts in steps of so long: a step that this process noticed late counts no more than one in time. */
const STEP_MS = 50;

/** Until it is over, or until what was waited for has come. */
export interface TimelyLimit {
  /** Aborted once the time is over. */
  readonly signal: AbortSignal;
  clear(): void;
}

/**
 * A time limit by a clock that stands still while this process is late with its own work: then answers may have come in
 * time, and be heard late. To log in and to ask takes about twelve turns of the event loop on this side. A limit of
 * two seconds gives forty of them, however long each is.
 * The idea is that of Lifeguard (Dadgar, Phillips and Currey, 2017, "Local Health Awareness for More Accurate Failure
 * Detection"): who is slow himself gives others more time.
 * @param limitMs milliseconds of this clock
 * @param isHeld whether the work waits for something of this process; the clock stands still then, too
 */
export function timelyLimit(limitMs: number, isHeld: () => boolean = () => false): TimelyLimit {
  const over = new AbortController();
  let leftMs = limitMs;
  let timer: NodeJS.Timeout | undefined;
  let last: NodeJS.Immediate | undefined;
  const step = (): void => {
    const stepMs = Math.min(STEP_MS, leftMs);
    timer = setTimeout(() => {
      if (!isHeld()) leftMs -= stepMs;
      if (leftMs > 0) return step();
      // An answer may lie behind this timer: it is heard in between.
      last = setImmediate(() => over.abort());
    }, stepMs);
  };
  step();
  return {
    signal: over.signal,
    clear(): void {
      clearTimeout(timer);
      clearImmediate(last);
    },
  };
}

/** The result of `work`, or an error `<who> does not answer within <ms> ms` once the time is over. */
export async function withinTimely<T>(
  limitMs: number,
  who: string,
  work: (signal: AbortSignal) => Promise<T>,
  isHeld?: () => boolean,
): Promise<T> {
  const { signal, clear } = timelyLimit(limitMs, isHeld);
  const { promise: late, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(new Error(`${who} does not answer within ${limitMs} ms`)));
  return Promise.race([late, work(signal)]).finally(clear);
}
