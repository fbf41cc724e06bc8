import { describe, expect, it } from 'vitest';
import { tryHostLock, withHostLock } from './host-lock.js';

/** Locks are the machine's: another run of this file has others. */
const NAME = `test-${process.pid}`;

describe('two starts at once installed the same packages, and apt-get refused one of them', () => {
  it('a lock has one owner until it is released', async () => {
    const lock = await tryHostLock(NAME);
    expect(await tryHostLock(NAME)).toBeUndefined();
    let waits = 0;
    const waiting = withHostLock(NAME, () => Promise.resolve('done'), { onWait: () => (waits += 1) });
    await expect.poll(() => waits).toBe(1);
    await lock?.release();
    expect(await waiting).toBe('done');
    const next = await tryHostLock(NAME);
    expect(next).toBeDefined();
    await next?.release();
  });

  it('actions under one lock run one after the other', async () => {
    let running = 0;
    const most: number[] = [];
    const action = async (): Promise<void> => {
      most.push((running += 1));
      await new Promise(setImmediate);
      running -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withHostLock(NAME, action)));
    expect(most).toEqual([1, 1, 1]);
  });

  it('an action that fails releases its lock', async () => {
    await expect(withHostLock(NAME, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withHostLock(NAME, () => Promise.resolve('next'))).toBe('next');
  });
});
