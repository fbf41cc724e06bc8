import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for a condition instead of a time: resolves with the first value that is not undefined, null or false.
 * Throws, saying what it waited for, when `timeoutMs` is over.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await delay(10);
  }
}
