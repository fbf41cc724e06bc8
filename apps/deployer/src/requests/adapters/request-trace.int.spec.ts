import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentRequested } from '#libs/contracts';
import { createPool, EventStore, Outbox, transaction, WorkQueue, type Pool } from '#libs/postgres';
import { currentTraceparent, noTracing, withinTrace } from '#libs/telemetry';
import type { TestDatabase } from '#libs/testing';
import { DeploymentRequestsConsumer } from '../deployment-requests.consumer.js';
import { createDeployerDatabase } from '../../task/database.testing.js';
import { PostgresIntake } from './request-intake.js';
import { PostgresNewTasks } from '../../task/adapters/new-tasks.js';
import { requestOf } from './request-rows.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
});
afterAll(() => database.drop());

const parts = { outbox: new Outbox(), work: new WorkQueue(), clock: { now: () => new Date() } };
const tasks = new PostgresNewTasks({ ...parts, events: new EventStore(), replica: 'one' });
const consumer = new DeploymentRequestsConsumer(
  new PostgresIntake({
    ...{ ...parts, tasks },
    replyTopics: [],
    defaultDeadlineMs: 60_000,
  }),
);

/** Takes a request in as the consumer does, in the trace of its message. */
async function takeIn(token: string, parent?: string): Promise<string> {
  const body = { token, mode: 'stop', appId: 'app', appName: 'App', services: ['web'] };
  const request = deploymentRequested.schema.parse(body);
  await noTracing.withSpan({ name: 'process', parent }, () =>
    transaction(pool, (tx) => consumer.accept(request, tx)),
  );
  return `${token}/web`;
}

describe('the trace of a request', () => {
  it('is in the record, so that a replica that takes its task over goes on in it', async () => {
    const task = await takeIn('traced', TRACEPARENT);
    const { url, schema } = database;
    const another = createPool({ url, schema, applicationName: 'another' });
    const stored = (await requestOf(another, task)).traceparent;
    await another.end();
    expect(withinTrace(stored, currentTraceparent)).toBe(TRACEPARENT);
  });

  it('is on the messages that were written with it', async () => {
    await takeIn('sent', TRACEPARENT);
    const { rows } = await pool.query<{ headers: unknown }>(
      `SELECT headers FROM outbox WHERE data ->> 'token' = 'sent'`,
    );
    expect(rows).toEqual([{ headers: { ce_traceparent: TRACEPARENT } }]);
  });

  it.each([
    ['none', undefined],
    ['garbage', 'not-a-traceparent'],
  ])('is left out where the message brings %s', async (name, traceparent) => {
    expect((await requestOf(pool, await takeIn(name, traceparent))).traceparent).toBeUndefined();
  });
});
