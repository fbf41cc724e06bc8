import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DeploymentReply } from '#libs/contracts';
import { EventStore, Listener, repliesChannel, transaction } from '#libs/postgres';
import { until, type TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../../task/database.testing.js';
import * as rows from './request-rows.js';
import { ReplyBoard } from './reply-board.js';
import { RequestRecord } from './request-record.js';

let database: TestDatabase;
let listener: Listener;
const board = new ReplyBoard();
beforeAll(async () => {
  database = await createDeployerDatabase();
  listener = new Listener({ url: database.url });
  await listener.start();
  await listener.subscribe(repliesChannel(database.schema), (token) => board.tell(token));
});
afterAll(async () => {
  await listener.stop();
  await database.drop();
});

it('whoever waits for a reply is told when it is stored, and others are not', async () => {
  const told: string[] = [];
  for (const token of ['other', 'one']) board.onReply(token, () => told.push(token));
  const row = { token: 'one', request: {}, replyTopic: 'x', openTasks: 1, kind: 'deployment' } as const;
  const reply: DeploymentReply = { token: 'one', status: true, services: [], failed: [] };
  await transaction(database.pool, (tx) => rows.insertRequest(tx, row));
  const record = new RequestRecord(database.pool, new EventStore());
  expect(await record.reply('one')).toBeUndefined();
  await transaction(database.pool, (tx) => rows.setReply(tx, 'one', reply));
  await until('the reply to be told', () => told.length > 0);
  expect([told, await record.reply('one')]).toEqual([['one'], reply]);
});
