/** Who stands in a line for a turn that gives it a `T`. */
export interface Waiting<T> {
  comes(turn: T): void;
}

/**
 * Resolves with the turn of who waits, which stands at the end of the line until then. Rejects with the signal's reason
 * when it aborts first: who waits has left the line.
 */
export function waitInLine<T, W extends object>(
  line: (W & Waiting<T>)[],
  who: W,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const waiting = {
      ...who,
      comes(turn: T) {
        signal.removeEventListener('abort', leaves);
        resolve(turn);
      },
    };
    const leaves = (): void => {
      line.splice(line.indexOf(waiting), 1);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', leaves, { once: true });
    line.push(waiting);
  });
}
