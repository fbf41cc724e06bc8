import { afterEach, describe, expect, it, vi } from 'vitest';
import { until } from '#libs/testing';
import { TaskWorkers, type WorkerPorts } from './task-workers.js';

type Heartbeat = WorkerPorts['heartbeat'];

const beats: Heartbeat = (held) => Promise.resolve(new Set(held.map(({ taskId }) => taskId)));

const never = (): Promise<undefined> => Promise.resolve(undefined);

interface Options {
  readonly leaseMs?: number;
  readonly heartbeat?: Heartbeat;
  readonly nextLapse?: (withinMs: number) => Promise<number | undefined>;
}

/** A queue in memory, and runs that end when the test says so. */
function harness(
  ids: string[],
  concurrency: number,
  { leaseMs = 60_000, heartbeat = beats, nextLapse = never }: Options = {},
) {
  const ends = new Map<string, () => void>();
  const started: string[] = [];
  const aborted: string[] = [];
  const workers = new TaskWorkers(
    {
      claim: () => {
        const taskId = ids.shift();
        return Promise.resolve(taskId === undefined ? undefined : { taskId, fence: 1n });
      },
      heartbeat,
      nextLapse,
      run: ({ claim, signal }) =>
        new Promise((resolve) => {
          started.push(claim.taskId);
          ends.set(claim.taskId, () => resolve('finished'));
          signal.addEventListener('abort', () => {
            aborted.push(claim.taskId);
            resolve('lost');
          });
        }),
      onError: () => undefined,
    },
    { concurrency, leaseMs, pollMs: 60_000 },
  );
  return { workers, started, aborted, end: (id: string) => ends.get(id)?.() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('TaskWorkers', () => {
  afterEach(() => void vi.useRealTimers());

  it('never runs more than its limit, and takes the next as soon as one ends', async () => {
    const { workers, started, end } = harness(['a', 'b', 'c'], 2);
    workers.start();
    await settled();
    expect(started).toEqual(['a', 'b']);
    end('a');
    await settled();
    expect(started).toEqual(['a', 'b', 'c']);
    await workers.stop(0);
  });

  it('takes what was enqueued while it found nothing', async () => {
    const ids: string[] = [];
    const { workers, started } = harness(ids, 2);
    workers.start();
    await settled();
    ids.push('late');
    workers.wake();
    await settled();
    expect(started).toEqual(['late']);
    await workers.stop(0);
  });

  it('takes over when the lease of a killed replica lapses, not when it happens to look again', async () => {
    const ids: string[] = [];
    const lapses = [30];
    const nextLapse = () => Promise.resolve(lapses.shift());
    const { workers, started } = harness(ids, 2, { nextLapse });
    workers.start();
    await settled();
    ids.push('of the killed one');
    await until('it to be taken over, long before the next look', () => started.length > 0);
    expect(started).toEqual(['of the killed one']);
    await workers.stop(0);
  });

  it('lets go of what does not end within the stop deadline', async () => {
    const { workers, aborted } = harness(['slow'], 1);
    workers.start();
    await settled();
    await workers.stop(1);
    expect(aborted).toEqual(['slow']);
  });

  it('ends its work on a task whose lease is another’s, and on none that it holds', async () => {
    const asked: string[][] = [];
    const heartbeat: Heartbeat = (held) => {
      asked.push(held.map(({ taskId }) => taskId));
      return Promise.resolve(new Set(['held']));
    };
    const { workers, aborted } = harness(['lost', 'held'], 2, { leaseMs: 30, heartbeat });
    workers.start();
    await until('more than one beat', () => asked.length > 1);
    expect(aborted).toEqual(['lost']);
    expect(asked.slice(0, 2)).toEqual([['lost', 'held'], ['held']]);
    await workers.stop(0);
  });

  it('ends its work when it was cut off from the database for as long as its lease, and not before', async () => {
    const refused = () => Promise.reject(new Error('cut off'));
    const { workers, aborted } = harness(['cut off'], 1, { leaseMs: 300, heartbeat: refused });
    vi.useFakeTimers();
    workers.start();
    await vi.advanceTimersByTimeAsync(290);
    expect(aborted).toEqual([]);
    await vi.advanceTimersByTimeAsync(110);
    expect(aborted).toEqual(['cut off']);
    await workers.stop(0);
  });
});
