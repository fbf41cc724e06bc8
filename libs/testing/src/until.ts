import { setTimeout as delay } from 'node:timers/promises';

const LEAST_PAUSE_MS = 10;
/** A condition that takes long, such as a command, is asked half of the time: what is waited for needs the rest. */
const MOST_PAUSE_MS = 500;

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
    const asked = performance.now();
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    const now = performance.now();
    if (now > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await delay(Math.min(MOST_PAUSE_MS, Math.max(LEAST_PAUSE_MS, now - asked)));
  }
}
