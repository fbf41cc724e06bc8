import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { UnpackPool } from './unpack-pool.js';
import type { UnpackRequest } from './unpack.js';

const limits = { maxEntries: 1, maxEntryBytes: 1, maxTotalBytes: 1, maxRatio: 1 };
const request = (archive = ''): UnpackRequest => ({ archive, directory: '', limits, allowSymlinks: false });
const DONE = `port.postMessage({ unpacked: { sourceDigest: archive, files: 1, bytes: 1 } })`;

/** A thread that does this with each request. */
const worker = (onRequest: string): Worker =>
  new Worker(
    `const { parentPort: port } = require('node:worker_threads'); port.on('message', ({ archive }) => { ${onRequest} })`,
    { eval: true, resourceLimits: { maxOldGenerationSizeMb: 20 } },
  );

function poolOf(size: number, ...threads: readonly string[]): { pool: UnpackPool; started: () => number } {
  let started = 0;
  const start = (): Worker => worker(threads[started++] ?? DONE);
  return { pool: new UnpackPool(size, start), started: () => started };
}

describe('threads that unpack', () => {
  it.each([
    ['ends', 'process.exit(0)'],
    ['throws', `throw new Error('broken')`],
    ['runs out of memory', 'const all = []; for (;;) all.push(new Array(1e5).fill(archive))'],
  ])('a thread that %s fails its archive alone, and the next gets another', async (_what, code) => {
    const { pool, started } = poolOf(1, code);
    await expect(pool.run(request())).rejects.toThrow('the thread that unpacks the archive died');
    expect(await pool.run(request('next'))).toMatchObject({ sourceDigest: 'next' });
    expect(started()).toBe(2);
  });

  it('a kept thread is used again, and more archives than threads wait', async () => {
    const { pool, started } = poolOf(2);
    const names = ['a', 'b', 'c', 'd', 'e'];
    const results = await Promise.all(names.map((name) => pool.run(request(name))));
    expect(results.map(({ sourceDigest }) => sourceDigest)).toEqual(names);
    expect(started()).toBe(2);
  });

  it('a cancelled archive ends its thread, also one that never answers, and those that wait go on', async () => {
    const { pool, started } = poolOf(1, 'for (;;);');
    const cancel = new AbortController();
    const cancelled = Promise.allSettled([
      pool.run(request('running'), cancel.signal),
      pool.run(request('waiting'), cancel.signal),
    ]);
    const other = pool.run(request('other'));
    await expect.poll(started).toBe(1);
    cancel.abort(new Error('cancelled by its caller'));
    const rejected = { status: 'rejected', reason: new Error('cancelled by its caller') };
    expect(await cancelled).toEqual([rejected, rejected]);
    expect(await other).toMatchObject({ sourceDigest: 'other' });
    expect(started()).toBe(2);
  });

  it('an archive that is cancelled at once does not wait for ever', async () => {
    const { pool, started } = poolOf(1, 'for (;;);');
    const cancel = new AbortController();
    const run = pool.run(request(), cancel.signal);
    cancel.abort();
    await expect(run).rejects.toThrow('aborted');
    await expect(pool.run(request(), cancel.signal)).rejects.toThrow('aborted');
    expect(started()).toBe(0);
  });

  it('a thread that dies between two archives fails none', async () => {
    const { pool, started } = poolOf(1, `${DONE}; setTimeout(() => process.exit(1), 20)`);
    await pool.run(request());
    await expect.poll(async () => (await pool.run(request()), started())).toBe(2);
  });

  it('what is no fault of the archive comes as it is', async () => {
    const { pool } = poolOf(
      1,
      `port.postMessage({ failed: Object.assign(new Error('disk full'), { code: 'ENOSPC' }) })`,
    );
    await expect(pool.run(request())).rejects.toThrow('disk full');
  });
});
