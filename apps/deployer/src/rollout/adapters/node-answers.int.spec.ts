import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NodeAnswer } from '#libs/contracts';
import { transaction, WorkQueue, type Transaction } from '#libs/postgres';
import type { TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../../task/database.testing.js';
import { takeNodeAnswer } from './node-answers.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDeployerDatabase();
});
afterAll(() => database.drop());

const work = new WorkQueue();

const answerOf = (
  accessToken: string,
  name: string,
  port: number,
  sealedLogin = `sealed ${name}`,
): NodeAnswer => ({
  ...{ accessToken, appId: 'app', service: 'web', refusals: [] },
  node: {
    ...{ name, address: '10.0.0.1', sshPort: 22, sshUser: 'root', hostKeyFingerprint: 'SHA256:x' },
    ...{ sealedLogin, port, score: 50 },
  },
});

const take = (tx: Transaction, answer: NodeAnswer): Promise<void> => takeNodeAnswer(tx, work, answer);

/** Fails where it would wait for a lock. */
const takeWithoutWaiting = (answer: NodeAnswer): Promise<void> =>
  transaction(database.pool, async (tx) => {
    await tx.query(`SET LOCAL lock_timeout = '200ms'`);
    await take(tx, answer);
  });

async function storedLogin(node: string): Promise<unknown> {
  const { rows } = await database.pool.query<{ sealed: string }>(
    `SELECT login ->> 'sealedLogin' AS sealed FROM node_logins WHERE node = $1`,
    [node],
  );
  return rows[0]?.sealed;
}

beforeEach(async () => {
  await database.pool.query('TRUNCATE node_requests, node_sweeps, node_logins');
  await database.pool.query(
    `INSERT INTO node_requests (access_token, task_id) SELECT 'ask-' || n, 'task-' || n FROM generate_series(1, 4) AS n`,
  );
});

describe('node answers', () => {
  it('of many services in one transaction hold up no other answer of the same nodes: they deadlocked', async () => {
    await takeWithoutWaiting(answerOf('ask-1', 'node-1', 20_000));
    await transaction(database.pool, async (chunk) => {
      await take(chunk, answerOf('ask-2', 'node-1', 20_001));
      await takeWithoutWaiting(answerOf('ask-3', 'node-1', 20_002));
      await take(chunk, answerOf('ask-4', 'node-1', 20_003));
    });
    const { rows } = await database.pool.query('SELECT FROM node_requests WHERE answer IS NOT NULL');
    expect(rows).toHaveLength(4);
  });

  it('bring the login of a node that was enrolled anew', async () => {
    await takeWithoutWaiting(answerOf('ask-1', 'node-1', 20_000));
    expect(await storedLogin('node-1')).toBe('sealed node-1');
    await takeWithoutWaiting(answerOf('ask-2', 'node-1', 20_001, 'sealed again'));
    expect(await storedLogin('node-1')).toBe('sealed again');
  });

  it('that come again with an older login do not bring it back', async () => {
    await takeWithoutWaiting(answerOf('ask-1', 'node-1', 20_000));
    await takeWithoutWaiting(answerOf('ask-2', 'node-1', 20_001, 'sealed again'));
    await takeWithoutWaiting(answerOf('ask-1', 'node-1', 20_000));
    expect(await storedLogin('node-1')).toBe('sealed again');
  });
});
