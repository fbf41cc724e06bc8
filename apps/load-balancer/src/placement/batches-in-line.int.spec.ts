import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NodeRequest } from '#libs/contracts';
import { transaction } from '#libs/postgres';
import { uniqueName } from '#libs/testing';
import { isWhole } from '../../../../test/short-form.js';
import {
  createPlacement,
  handleTogether,
  OVER,
  placementOfFile,
  requestOf,
  untilPlacingWaits,
} from './placement.testing.js';
import type { Served } from './serve-line.js';
import type { Placement } from './wire.js';

const { ask, enrol, query, ownPool, release } = placementOfFile();

const LOCK_LINE = `SELECT pg_advisory_xact_lock(hashtextextended('slipway.load-balancer.waiting', 0))`;

let first: Placement;
let other: Placement;
beforeEach(() => {
  first = createPlacement();
  other = createPlacement();
});

const waitingRequest = (accessToken: string, cpu: number, changes: Partial<NodeRequest> = {}): NodeRequest =>
  requestOf({
    ...{ accessToken, resources: { cpu, memoryMiB: 10 } },
    waitUntil: new Date(Date.now() + 60_000).toISOString(),
    ...changes,
  });
const step = (by: Placement): Promise<Served> => transaction(ownPool(), (tx) => by.serveLine(tx, false));
const tokensOf = async (sql: string): Promise<readonly string[]> =>
  (await query(sql)).rows.map(({ token }: { token: string }) => token);
const inLine = () =>
  tokensOf('SELECT access_token AS token FROM waiting_requests ORDER BY priority DESC, since, access_token');
/** Tokens with their node, in the order of the answers. */
const answers = () =>
  tokensOf(
    `SELECT (data->>'accessToken') || ' ' || coalesce(data->'node'->>'name', 'refused') AS token
     FROM outbox WHERE type = 'slipway.node.answered.v1' ORDER BY seq`,
  );
const told = () =>
  tokensOf(
    `SELECT data->'request'->>'accessToken' AS token FROM outbox WHERE type = 'slipway.node.waiting.v1' ORDER BY seq`,
  );

/** `waits` is in line, and there is room for it on node-a now. */
async function roomForWaiting(): Promise<void> {
  await enrol('node-a', { cpus: 1 });
  await ask({ accessToken: 'runs', resources: { cpu: 1, memoryMiB: 10 } });
  await handleTogether(ownPool(), first, { requests: [waitingRequest('waits', 0.5)] });
  await release('runs');
}

describe('requests of one transaction that find no room', () => {
  it('join the line in their order and are told, and those that fit are placed', async () => {
    await enrol('node-a', { cpus: 1 });
    const requests = [
      waitingRequest('c', 8),
      waitingRequest('fits', 0.5),
      waitingRequest('a', 8),
      waitingRequest('b', 8),
    ];
    await handleTogether(ownPool(), first, { requests });
    expect(await inLine()).toEqual(['c', 'a', 'b']);
    expect(await told()).toEqual(['c', 'a', 'b']);
    expect(await answers()).toEqual(['fits node-a']);
  });

  it('are no more than may wait', async () => {
    await enrol('node-a', { cpus: 1 });
    first = createPlacement({ mostWaiting: 2 });
    const requests = ['c', 'a', 'b'].map((token) => waitingRequest(token, 8));
    await handleTogether(ownPool(), first, { requests });
    expect(await inLine()).toEqual(['c', 'a']);
    expect(await answers()).toEqual(['b refused']);
  });

  it('wait once, where the same one comes twice', async () => {
    const requests = [waitingRequest('twice', 8), waitingRequest('other', 8), waitingRequest('twice', 8)];
    await handleTogether(ownPool(), first, { requests });
    expect([await inLine(), await told(), await answers()]).toEqual([
      ['twice', 'other'],
      ['twice', 'other'],
      [],
    ]);
  });

  it('go behind those that wait, though there is room now', async () => {
    await roomForWaiting();
    const requests = ['z', 'y'].map((token) => waitingRequest(token, 0.25));
    await handleTogether(ownPool(), first, { requests });
    expect(await inLine()).toEqual(['waits', 'z', 'y']);
    while ((await step(other)) === 'answered');
    expect(await answers()).toEqual(['runs node-a', 'waits node-a', 'z node-a', 'y node-a']);
  });
});

describe('locks of nodes and of the line', () => {
  it('closed a circle where several held nodes and waited for the line, and its server for a node: now each is alone', async () => {
    await roomForWaiting();
    const urgent = { priority: 5 };
    const requests = [waitingRequest('small', 0.25, urgent), waitingRequest('huge', 50, urgent)];
    let placed: Promise<void> | undefined;
    await transaction(ownPool(), async (tx) => {
      await tx.query(LOCK_LINE);
      placed = handleTogether(ownPool(), first, { requests });
      // Now `huge` waits alone, and holds no node.
      await untilPlacingWaits(query);
      expect(await other.serveLine(tx, false)).toBe('answered');
    });
    await placed;
    expect(await answers()).toEqual(['runs node-a', 'small node-a', 'waits node-a']);
    expect(await inLine()).toEqual(['huge']);
    expect((await query(OVER)).rows).toEqual([]);
  });

  it('several that must not wait for the line leave nothing behind', async () => {
    await enrol('node-a', { cpus: 1 });
    const requests = [requestOf(), waitingRequest('huge', 50)];
    await transaction(ownPool(), async (tx) => {
      await tx.query(LOCK_LINE);
      const together = transaction(ownPool(), (session) => {
        for (const request of requests) first.note(session, request);
        return first.settle(session);
      });
      await expect(together).rejects.toMatchObject({ code: 'NOT_TOGETHER' });
    });
    expect([await answers(), await inLine()]).toEqual([[], []]);
    expect((await query('SELECT FROM reservations')).rowCount).toBe(0);
  });

  it('one that finds no room gives its node back before it waits for the line', async () => {
    // Its node turns out to be full under the lock.
    await enrol('node-a', { cpus: 1 });
    await handleTogether(ownPool(), first, { requests: [waitingRequest('small', 0.25)] });
    await handleTogether(ownPool(), other, { requests: [waitingRequest('small-2', 0.25)] });
    let placed: Promise<void> | undefined;
    await transaction(ownPool(), async (tx) => {
      await tx.query(LOCK_LINE);
      placed = handleTogether(ownPool(), first, { requests: [waitingRequest('late', 0.75)] });
      await untilPlacingWaits(query);
      const urgent = waitingRequest('urgent', 0.5, { priority: 5 });
      await handleTogether(ownPool(), other, { requests: [urgent] });
    });
    await placed;
    expect(await answers()).toEqual(['small node-a', 'small-2 node-a', 'urgent node-a']);
    expect(await inLine()).toEqual(['late']);
  });

  it.each([
    ['it is tried again', 60_000],
    ['also at its deadline, for there may be room', 1],
  ])('who serves the line passes over a node that others hold: %s', async (_what, waitMs) => {
    await roomForWaiting();
    await query(`UPDATE waiting_requests SET wait_until = now() + interval '${waitMs} ms'`);
    await transaction(ownPool(), async (tx) => {
      await first.answer(tx, waitingRequest('urgent', 0.25, { priority: 5 }));
      expect(await step(other)).toBe('busy');
    });
    expect(await step(other)).toBe('answered');
    expect(await answers()).toEqual(['runs node-a', 'urgent node-a', 'waits node-a']);
  });

  it('a request that would not fit on the held node either is answered at its deadline, with its reasons', async () => {
    await roomForWaiting();
    await handleTogether(ownPool(), first, { requests: [waitingRequest('huge', 50)] });
    await query(`UPDATE waiting_requests SET wait_until = now() WHERE access_token = 'huge'`);
    await transaction(ownPool(), async (tx) => {
      await first.answer(tx, waitingRequest('urgent', 0.25, { priority: 5 }));
      expect(await step(other)).toBe('answered');
    });
    const { rows } =
      await query(`SELECT data->'refusals' AS refusals FROM outbox WHERE data->>'accessToken' = 'huge'
                                  AND type = 'slipway.node.answered.v1'`);
    expect(rows).toEqual([
      { refusals: [{ node: 'node-a', reason: expect.stringContaining('CPU') as string }] },
    ]);
  });

  it('several releases wait for no row that who serves the line has locked: each is alone', async () => {
    await roomForWaiting();
    await ask({ accessToken: 'second', priority: 5, resources: { cpu: 0.25, memoryMiB: 10 } });
    const released = ['second', 'waits'];
    let done: Promise<void> | undefined;
    await transaction(ownPool(), async (tx) => {
      expect(await other.serveLine(tx, false)).toBe('answered');
      const together = transaction(ownPool(), (session) => {
        for (const accessToken of released) first.noteRelease(session, { accessToken, appId: 'shop' });
        return first.settle(session);
      });
      await expect(together).rejects.toMatchObject({ code: '55P03' });
      done = handleTogether(ownPool(), first, { released });
    });
    await done;
    expect((await query(`SELECT FROM reservations WHERE state <> 'released'`)).rowCount).toBe(0);
  });

  const message = fc.record({
    cpu: fc.constantFrom(0.25, 0.5, 1, 3),
    priority: fc.constantFrom(-1, 0, 0, 3),
    isReleased: fc.boolean(),
  });

  it('close no circle: batches, releases and three servers of the line at the same time all end, and share no room', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(message, { minLength: 1, maxLength: 8 }), { minLength: 3, maxLength: 8 }),
        async (batches) => {
          await query('TRUNCATE reservations, node_changes, ports_in_turn, outbox, waiting_requests');
          await query('TRUNCATE registry.node_records');
          const replicas = [1, 2, 3].map(() => createPlacement({ holdAfterMs: 0 }));
          const by = (n: number): Placement => replicas[n % 3] ?? first;
          await enrol('node-a', { cpus: 1 });
          await enrol('node-b', { cpus: 1.5 });
          await enrol('node-c', { cpus: 2 });
          const prefix = uniqueName('t');
          await Promise.all(
            batches.map(async (messages, n) => {
              const tokenOf = (at: number): string => `${prefix}-${n}-${at}`;
              const requests = messages.map(({ cpu, priority }, at) =>
                waitingRequest(tokenOf(at), cpu, { priority }),
              );
              const released = messages.flatMap(({ isReleased }, at) => (isReleased ? [tokenOf(at)] : []));
              await handleTogether(ownPool(), by(n), { requests });
              const served = step(by(n + 1));
              await handleTogether(ownPool(), by(n + 2), { released });
              await served;
              await step(by(n));
            }),
          );
          expect((await query(OVER)).rows).toEqual([]);
          const answered = (await answers()).map((text) => text.split(' ')[0]);
          expect(new Set(answered).size).toBe(answered.length);
          // Each that was not released was answered, or waits.
          const left = batches.flatMap((messages, n) =>
            messages.flatMap(({ isReleased }, at) => (isReleased ? [] : [`${prefix}-${n}-${at}`])),
          );
          const known = new Set([...answered, ...(await inLine())]);
          expect(left.filter((token) => !known.has(token))).toEqual([]);
        },
      ),
      { numRuns: isWhole('int') ? 12 : 4 },
    );
  });
});
