import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { DatabaseClock, type Pool } from './index.js';

let database: TestDatabase;
let pool: Pool;
let clock: DatabaseClock;
beforeAll(async () => {
  database = await createTestDatabase({ schema: 'public' });
  ({ pool } = database);
  clock = new DatabaseClock(pool);
  await clock.start();
});
afterAll(async () => {
  clock.stop();
  await database.drop();
});

async function offMs(): Promise<number> {
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return Math.abs(Number(rows[0]?.now.getTime()) - clock.now().getTime());
}

describe("the database's clock", () => {
  it('is that of the database', async () => {
    expect(await offMs()).toBeLessThan(100);
  });

  it.each([3_600_000, -3_600_000])("goes on when the machine's own is stepped by %i ms", async (stepMs) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + stepMs });
    try {
      expect(Math.abs(new Date().getTime() - clock.now().getTime())).toBeGreaterThan(3_000_000);
      expect(await offMs()).toBeLessThan(100);
    } finally {
      vi.useRealTimers();
    }
  });

  it('says so when it is asked before it was started', () => {
    expect(() => new DatabaseClock(pool).now()).toThrow('before it was started');
  });
});
