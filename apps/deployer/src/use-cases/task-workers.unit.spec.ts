import { describe, expect, it } from 'vitest';
import { TaskWorkers, type LeasedTask } from './task-workers.js';

function leased(taskId: string): LeasedTask {
  return { taskId, fence: 1n, heartbeat: () => Promise.resolve(true) };
}

/** A queue in memory, and runs that end when the test says so. */
function harness(ids: string[], concurrency: number) {
  const ends = new Map<string, () => void>();
  const started: string[] = [];
  const aborted: string[] = [];
  const workers = new TaskWorkers(
    {
      claim: () => Promise.resolve(ids.length === 0 ? undefined : leased(ids.shift() ?? '')),
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
    { concurrency, leaseMs: 60_000, pollMs: 60_000 },
  );
  return { workers, started, aborted, end: (id: string) => ends.get(id)?.() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('TaskWorkers', () => {
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

  it('lets go of what does not end within the stop deadline', async () => {
    const { workers, aborted } = harness(['slow'], 1);
    workers.start();
    await settled();
    await workers.stop(1);
    expect(aborted).toEqual(['slow']);
  });
});
