import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OffsetCommits } from './offset-commits.js';

const SOON_MS = 20;

/** Commits into `committed`; the first `refusals` of them are refused. */
function committing({ refusals = 0 } = {}) {
  const committed: Record<number, string>[] = [];
  const refused: unknown[] = [];
  let left = refusals;
  const commits = new OffsetCommits({
    commit: (next) => {
      left -= 1;
      if (left >= 0) return Promise.reject(new Error('the coordinator is not available'));
      committed.push(Object.fromEntries(next));
      return Promise.resolve();
    },
    onRefused: (error) => refused.push(error),
    everyMs: SOON_MS,
  });
  return { commits, committed, refused };
}

describe('commits of offsets', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('of what is handled within one interval go together, each partition with its latest', async () => {
    const { commits, committed } = committing();
    commits.handledUpTo(0, '5');
    commits.handledUpTo(1, '7');
    commits.handledUpTo(0, '6');
    await vi.advanceTimersByTimeAsync(3 * SOON_MS);
    expect(committed).toEqual([{ 0: '6', 1: '7' }]);
  });

  it('are made at once for a consumer that ends, and once', async () => {
    const { commits, committed } = committing();
    commits.handledUpTo(0, '5');
    await commits.now();
    expect(committed).toEqual([{ 0: '5' }]);
    await vi.advanceTimersByTimeAsync(3 * SOON_MS);
    expect(committed).toHaveLength(1);
  });

  it('that are refused go with the next', async () => {
    const { commits, committed, refused } = committing({ refusals: 1 });
    commits.handledUpTo(0, '5');
    await commits.now();
    expect(refused).toHaveLength(1);
    commits.handledUpTo(1, '7');
    await commits.now();
    expect(committed).toEqual([{ 0: '5', 1: '7' }]);
  });

  it('that are refused are made again also where nothing else is handled', async () => {
    const { commits, committed } = committing({ refusals: 2 });
    commits.handledUpTo(0, '5');
    await vi.advanceTimersByTimeAsync(6 * SOON_MS);
    expect(committed).toEqual([{ 0: '5' }]);
  });

  it('are not made of partitions that the group has shared out anew', async () => {
    const { commits, committed } = committing();
    commits.handledUpTo(0, '5');
    commits.forget();
    await vi.advanceTimersByTimeAsync(3 * SOON_MS);
    await commits.now();
    expect(committed).toEqual([]);
  });

  it('keep what is handled while one is under way for the next', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const committed: Record<number, string>[] = [];
    const commits = new OffsetCommits({
      commit: (next) => {
        committed.push(Object.fromEntries(next));
        return promise;
      },
      onRefused: () => undefined,
      everyMs: SOON_MS,
    });
    commits.handledUpTo(0, '5');
    const first = commits.now();
    commits.handledUpTo(0, '6');
    resolve();
    await first;
    await vi.advanceTimersByTimeAsync(3 * SOON_MS);
    expect(committed).toEqual([{ 0: '5' }, { 0: '6' }]);
  });
});
