import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { limitAnswered, type LimitAnswer, type LimitRequest } from '#libs/contracts';
import { Outbox, transaction } from '#libs/postgres';
import { PostgresLeases } from '../leases/adapters/postgres-leases.js';
import { LEASE_MS } from '../leases/hold-leases.js';
import { AgentDatabase } from '../leases/leases.testing.js';
import { PostgresLimitRequests, PostgresOpenRequests } from './adapters/postgres-limit-requests.js';

const NODE = 'node-1';
const AT = '2026-01-01T00:00:00.000Z';

let database: AgentDatabase;
beforeAll(async () => {
  database = await AgentDatabase.create();
});
beforeEach(async () => {
  await database.empty();
  await database.enrol(NODE);
});
afterAll(() => database.close());

const requestOf = (fence: number, more: Partial<LimitRequest> = {}): LimitRequest => ({
  ...{ request: randomUUID(), node: NODE, fence, at: AT },
  changes: [{ container: 'web', limits: { cpus: 0.5, memoryBytes: null } }],
  ...more,
});

const answerTo = ({ request, node }: LimitRequest): LimitAnswer => ({
  ...{ request, node, at: AT },
  changes: [{ container: 'web', applied: { cpus: 0.5 } }],
});

const outbox = new Outbox();
const take = (request: LimitRequest): Promise<void> => {
  const requests = new PostgresLimitRequests({ outbox, now: () => new Date(AT) });
  return transaction(database.pool, (tx) => requests.take(tx, request));
};

/** A replica that holds the node. */
async function holderOf(holder: string): Promise<PostgresOpenRequests> {
  const leases = new PostgresLeases(database.pool, holder, LEASE_MS);
  await leases.renew();
  expect(await leases.take([NODE])).toEqual([NODE]);
  return new PostgresOpenRequests({ pool: database.pool, outbox, holder });
}

async function sent(): Promise<readonly LimitAnswer[]> {
  const { rows } = await database.query<{ data: LimitAnswer }>('SELECT data FROM agent.outbox ORDER BY seq');
  return rows.map(({ data }) => limitAnswered.schema.parse(data));
}

it('the holder of the node gets requests in their order, and each is answered once', async () => {
  const [first, second] = [requestOf(3), requestOf(3)];
  await take(first);
  await take(second);
  const open = await holderOf('agent-1');
  expect(await open.waiting([NODE, 'node-2'])).toEqual([NODE]);
  expect(await open.next(NODE)).toEqual({ request: first, isOutdated: false });
  expect(await open.answer(answerTo(first))).toBe(true);
  expect(await open.answer(answerTo(first))).toBe(false);
  expect((await open.next(NODE))?.request.request).toBe(second.request);
  expect(await open.answer(answerTo(second))).toBe(true);
  expect(await open.next(NODE)).toBeUndefined();
  expect(await open.waiting([NODE])).toEqual([]);
  expect(await sent()).toEqual([answerTo(first), answerTo(second)]);
});

describe('a request that comes again', () => {
  it('is answered the same once it is answered', async () => {
    const request = requestOf(3);
    await take(request);
    await take(request);
    expect(await sent()).toEqual([]);
    const open = await holderOf('agent-1');
    await open.answer(answerTo(request));
    await take(request);
    expect(await open.next(NODE)).toBeUndefined();
    expect(await sent()).toEqual([answerTo(request), answerTo(request)]);
  });

  it('is refused the same where its fence was outdated', async () => {
    await take(requestOf(4));
    const old = requestOf(3);
    await take(old);
    await take(old);
    const [one, other, ...rest] = await sent();
    expect(rest).toEqual([]);
    expect(one).toEqual(other);
    expect(one?.changes[0]?.refused?.map(({ limit, code }) => [limit, code])).toEqual([
      ['cpu', 'FENCE_OUTDATED'],
      ['memory', 'FENCE_OUTDATED'],
    ]);
  });
});

it('a request that waits is outdated once one with a higher fence came', async () => {
  const old = requestOf(3);
  await take(old);
  await take(requestOf(4));
  const open = await holderOf('agent-1');
  expect(await open.next(NODE)).toEqual({ request: old, isOutdated: true });
});

it('fences of nodes are apart', async () => {
  await take(requestOf(9, { node: 'node-2' }));
  await take(requestOf(3));
  expect(await sent()).toEqual([]);
});

it('an agent was killed in the middle: its successor answers, and the killed one no more', async () => {
  const request = requestOf(3);
  await take(request);
  const killed = await holderOf('agent-1');
  await killed.next(NODE);
  await database.query(`UPDATE agent.node_leases SET until = now() - interval '1 ms'`);
  expect(await killed.answer(answerTo(request))).toBe(false);
  const successor = await holderOf('agent-2');
  expect(await successor.waiting([NODE])).toEqual([NODE]);
  expect((await successor.next(NODE))?.request).toEqual(request);
  expect(await killed.answer(answerTo(request))).toBe(false);
  expect(await successor.answer(answerTo(request))).toBe(true);
  expect(await sent()).toEqual([answerTo(request)]);
});
