import type { Timer } from '../ports.js';

/** setTimeout's longest wait. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemTimer: Timer = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, ms), LONGEST_MS));
    return () => clearTimeout(timer);
  },
};
