import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { type Pool, withAdvisoryLock } from './index.js';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase({ schema: 'public' });
  ({ pool } = database);
});
afterAll(() => database.drop());

describe('an advisory lock', () => {
  it('lets one in at a time under a name, and does not run the others', async () => {
    const inner = await withAdvisoryLock(pool, 'a', () =>
      Promise.all([
        withAdvisoryLock(pool, 'a', () => Promise.resolve('same name')),
        withAdvisoryLock(pool, 'b', () => Promise.resolve('another name')),
      ]),
    );
    expect(inner).toEqual([undefined, 'another name']);
  });

  it('is free again at once, also after an error', async () => {
    const failing = withAdvisoryLock(pool, 'of an error', () => Promise.reject(new Error('of the work')));
    await expect(failing).rejects.toThrow('of the work');
    expect(await withAdvisoryLock(pool, 'of an error', () => Promise.resolve('in'))).toBe('in');
  });

  it('was held for a moment after its end, and whoever came then did nothing', async () => {
    const entered: unknown[] = [];
    for (let n = 0; n < 30; n += 1)
      entered.push(await withAdvisoryLock(pool, 'again and again', () => Promise.resolve(n)));
    expect(entered).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });
});
