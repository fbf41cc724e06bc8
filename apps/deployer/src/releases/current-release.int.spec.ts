import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { transaction, type Pool } from '#libs/postgres';
import type { TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../task/database.testing.js';
import { foldTask } from '../task/domain/task.state.js';
import { accepted, releaseWith } from '../task/domain/task.testing.js';
import { PostgresReleaseRecord } from './adapters/release-record.js';
import * as rows from './adapters/release-rows.js';

const TASKS = 4;
const of = { appId: 'shop', service: 'web' };
const tasks = Array.from({ length: TASKS }, (_, n) => `t${n}/web`);
const releaseOf = (task: number) => releaseWith(`r${task}`, 1);
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
  await pool.query(
    `INSERT INTO requests (token, request, reply_topic, open_tasks) VALUES ('t', '{}', 'r', 1)`,
  );
  // They arrive in this order.
  for (const [task, id] of tasks.entries()) {
    await pool.query(`INSERT INTO tasks (id, token, position, service) VALUES ($1, 't', 0, 'web')`, [id]);
    await transaction(pool, (tx) => rows.insertRelease(tx, foldTask([accepted({})]), releaseOf(task)));
  }
});
beforeEach(() => pool.query('DELETE FROM current_releases'));
afterAll(() => database.drop());

const ends = (task: number) =>
  transaction(pool, (tx) => rows.setCurrentRelease(tx, of, releaseOf(task), String(tasks[task])));
const current = async () => (await rows.currentRelease(pool, of.appId, of.service))?.id;

describe('the current release', () => {
  it('a build that ends after a rollback that was asked for later does not undo it', async () => {
    await ends(1);
    await ends(0);
    expect(await current()).toBe('r1');
    await ends(2);
    expect(await current()).toBe('r2');
  });

  it('is that of the task that was asked for last, in whatever order tasks end, and the list says the same', async () => {
    const order = fc.shuffledSubarray([...tasks.keys()], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(order, async (ended) => {
        await pool.query('DELETE FROM current_releases');
        for (const task of ended) await ends(task);
        const last = `r${Math.max(...ended)}`;
        expect(await current()).toBe(last);
        const listed = await new PostgresReleaseRecord(pool).list(of, TASKS);
        expect(listed.flatMap(({ item }) => (item.current ? [item.id] : []))).toEqual([last]);
      }),
      { numRuns: 50 },
    );
  });

  it('one that a replica of the version before has set, which keeps no place, gives way to the next', async () => {
    await pool.query(
      `INSERT INTO current_releases (app_id, service, release_id) VALUES ('shop', 'web', 'r3')`,
    );
    expect(await current()).toBe('r3');
    await ends(0);
    expect(await current()).toBe('r0');
  });
});
