import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instanceReported, type NodeAnswer, type NodeRequest, type NodeWaiting } from '#libs/contracts';
import { transaction } from '#libs/postgres';
import { SILENT } from '#libs/kafka';
import { uniqueName, until } from '#libs/testing';
import { isWhole } from '../../../../test/short-form.js';
import { LineService } from './adapters/line-service.js';
import { createPlacement, OVER, placementOfFile, requestOf } from './placement.testing.js';
import type { Served } from './serve-line.js';
import type { Placement } from './wire.js';

const { enrol, query, ownPool } = placementOfFile();

let placement: Placement;
beforeEach(() => {
  placement = createPlacement();
});

const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();
/** Half a core, unless it says otherwise; it may wait for a minute. */
const waitingRequest = (accessToken: string, changes: Partial<NodeRequest> = {}): NodeRequest =>
  requestOf({ accessToken, waitUntil: soon(60_000), ...changes });
const cores = (cpu: number) => ({ resources: { cpu, memoryMiB: 10 } });

const ask = (request: NodeRequest, by = placement): Promise<NodeAnswer | undefined> =>
  transaction(ownPool(), (tx) => by.answer(tx, request));
const step = (isRenewed = false, by = placement): Promise<Served> =>
  transaction(ownPool(), (tx) => by.serveLine(tx, isRenewed));
const release = (accessToken: string): Promise<void> =>
  transaction(ownPool(), (tx) => {
    placement.noteRelease(tx, { accessToken, appId: 'shop' });
    return placement.settle(tx);
  });
async function serveAll(): Promise<void> {
  while ((await step()) === 'answered');
}

type Sent =
  | { readonly type: 'slipway.node.answered.v1'; readonly data: NodeAnswer }
  | { readonly type: 'slipway.node.waiting.v1'; readonly data: NodeWaiting };
const sent = async (): Promise<readonly Sent[]> =>
  (await query('SELECT type, data FROM outbox ORDER BY seq')).rows as Sent[];
/** Tokens with their node, in the order of the answers. */
const answers = async (): Promise<readonly string[]> =>
  (await sent()).flatMap(({ type, data }) =>
    type === 'slipway.node.answered.v1' ? [`${data.accessToken} ${data.node?.name ?? 'refused'}`] : [],
  );
const waits = async (): Promise<readonly NodeWaiting[]> =>
  (await sent()).flatMap(({ type, data }) => (type === 'slipway.node.waiting.v1' ? [data] : []));
const inLine = async (): Promise<readonly string[]> =>
  (
    await query(
      'SELECT access_token AS token FROM waiting_requests ORDER BY priority DESC, since, access_token',
    )
  ).rows.map(({ token }: { token: string }) => token);

describe('a request that no node fits', () => {
  it('waits, says so once with what is missing, and goes on when room is freed', async () => {
    await enrol('node-a', { cpus: 1 });
    await ask(requestOf({ accessToken: 'runs', ...cores(0.8) }));
    expect(await ask(waitingRequest('waits', { priority: 5 }))).toBeUndefined();
    expect(await step()).toBe('tried');
    expect(await step()).toBe('tried');
    const [waiting, ...more] = await waits();
    expect(more).toEqual([]);
    expect(waiting).toMatchObject({
      ...{ appId: 'shop', service: 'web', request: { accessToken: 'waits', priority: 5 } },
      missing: ['cpu: needs 0.5 cores, best free 0.2 on node-a (rules out 1 node)'],
    });
    expect(Date.parse(waiting?.until ?? '') - Date.parse(waiting?.since ?? '')).toBeGreaterThan(50_000);
    await release('runs');
    expect([await step(), await step()]).toEqual(['answered', 'tried']);
    expect(await answers()).toEqual(['runs node-a', 'waits node-a']);
    expect((await sent()).at(-1)?.data).toMatchObject({
      waitedSince: waiting?.since,
      node: { port: 20_001 },
    });
    expect(await inLine()).toEqual([]);
  });

  it('is refused with the reasons at its deadline', async () => {
    await enrol('node-a', { cpus: 0.25 });
    await ask(waitingRequest('late', { waitUntil: soon(100) }));
    const served = await until('its time to be over', async () => {
      const result = await step();
      return result === 'answered' && result;
    });
    expect(served).toBe('answered');
    expect((await sent()).at(-1)?.data).toMatchObject({
      accessToken: 'late',
      waitedSince: expect.any(String) as string,
      refusals: [{ node: 'node-a', reason: 'not enough CPU: needed 0.5, used 0 of 0.25 cores' }],
    });
    expect(await inLine()).toEqual([]);
  });

  it('is refused at once if it may not wait, or has waited for long enough before it was read', async () => {
    await enrol('node-a', { cpus: 0.25 });
    expect(await ask(requestOf())).toMatchObject({ refusals: [{ node: 'node-a' }] });
    expect(await ask(waitingRequest('old', { waitUntil: soon(-1) }))).toMatchObject({ accessToken: 'old' });
    expect(await inLine()).toEqual([]);
  });

  it('does not wait beyond the bound, however many come at once', async () => {
    await enrol('node-a', { cpus: 0.25 });
    placement = createPlacement({ mostWaiting: 3 });
    const given = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((n) => ask(waitingRequest(`t-${n}`))));
    expect(given.filter((answer) => answer === undefined)).toHaveLength(3);
    expect(await inLine()).toHaveLength(3);
    // Who asked to wait for an hour was refused at once, without a word why.
    const refused = given.filter((answer) => answer?.refusals.length === 1);
    expect(refused.map((answer) => answer?.lineIsFull)).toEqual([true, true, true, true]);
    expect(await ask(requestOf({ accessToken: 'not-waiting' }))).not.toHaveProperty('lineIsFull');
  });

  it('leaves the line when it is released: nothing is placed for it any more', async () => {
    await enrol('node-a', { cpus: 0.5 });
    await ask(requestOf({ accessToken: 'runs' }));
    await ask(waitingRequest('cancelled'));
    await release('cancelled');
    await release('runs');
    expect(await step()).toBe('tried');
    expect((await query(`SELECT FROM reservations WHERE state <> 'released'`)).rowCount).toBe(0);
  });

  it('that comes again waits as before, and is not told again', async () => {
    await enrol('node-a', { cpus: 0.25 });
    await ask(waitingRequest('again'));
    await ask(waitingRequest('again'));
    await step();
    expect([await inLine(), (await waits()).length, await answers()]).toEqual([['again'], 1, []]);
  });
});

describe('the line', () => {
  it('goes by priority, then by age', async () => {
    await enrol('node-a', { cpus: 0.5 });
    await ask(requestOf({ accessToken: 'runs' }));
    for (const [token, priority] of [
      ['old', 0],
      ['low', -5],
      ['new', 0],
      ['high', 7],
    ] as const)
      await ask(waitingRequest(token, { priority }));
    expect(await inLine()).toEqual(['high', 'old', 'new', 'low']);
    const order: string[] = [];
    let before = 'runs';
    for (let n = 0; n < 4; n += 1) {
      await release(before);
      await serveAll();
      before = (await answers()).at(-1)?.split(' ')[0] ?? '';
      order.push(before);
    }
    expect(order).toEqual(['high', 'old', 'new', 'low']);
  });

  it('is passed by nobody of its priority: who comes while room was freed goes behind it', async () => {
    await enrol('node-a', { cpus: 0.5 });
    await ask(requestOf({ accessToken: 'runs' }));
    await ask(waitingRequest('first'));
    await release('runs');
    expect(await ask(waitingRequest('second'))).toBeUndefined();
    expect(await ask(waitingRequest('lower', { priority: -1 }))).toBeUndefined();
    await serveAll();
    expect(await answers()).toEqual(['runs node-a', 'first node-a']);
    // They were told only once it was clear that they wait.
    expect((await waits()).map(({ request }) => request.accessToken)).toEqual(['first', 'second', 'lower']);
    await release('first');
    expect((await ask(waitingRequest('urgent', { priority: 1 })))?.node?.name).toBe('node-a');
  });

  it('lets small ones pass a large one where they fit', async () => {
    await enrol('node-a', { cpus: 1 });
    await ask(requestOf({ accessToken: 'runs', ...cores(0.5) }));
    await ask(waitingRequest('large', cores(1)));
    expect(await ask(waitingRequest('small', cores(0.25)))).toBeUndefined();
    await serveAll();
    expect(await answers()).toEqual(['runs node-a', 'small node-a']);
  });

  it('keeps the closest node for the first that waited for long, so that small ones do not starve it', async () => {
    placement = createPlacement({ holdAfterMs: 0 });
    await enrol('node-a', { cpus: 2 });
    await enrol('node-b', { cpus: 1 });
    await enrol('tiny', { cpus: 0.5 });
    for (const [token, onNode] of [
      ['a-1', 'node-a'],
      ['a-2', 'node-a'],
      ['b-1', 'node-b'],
    ] as const)
      await ask(requestOf({ accessToken: token, onNode, ...cores(0.75) }));
    await ask(waitingRequest('large', cores(1)));
    await serveAll();
    const { rows } = await query('SELECT access_token, holds FROM waiting_requests');
    expect(rows).toEqual([{ access_token: 'large', holds: 'node-a' }]);
    // Plans did not know, and placed others there.
    const { hold } = await transaction(ownPool(), (tx) => placement.snapshot(tx, {}));
    expect(hold).toMatchObject({ node: 'node-a', accessToken: 'large', priority: 0 });
    // Whether it may wait or not: no room of the kept node for it, but of the others.
    const onHeld = await ask(requestOf({ onNode: 'node-a', ...cores(0.25) }));
    expect(onHeld?.refusals).toContainEqual({
      node: 'node-a',
      reason: 'is kept for an instance that waits for room',
    });
    expect((await ask(requestOf({ accessToken: 'other', onNode: 'tiny', ...cores(0.25) })))?.node?.name).toBe(
      'tiny',
    );
    // A higher priority goes first all the same.
    expect((await ask(requestOf({ priority: 1, onNode: 'node-a', ...cores(0.25) })))?.node?.name).toBe(
      'node-a',
    );
    await release('a-1');
    await serveAll();
    expect((await answers()).at(-1)).toBe('large node-a');
    expect((await query('SELECT FROM waiting_requests')).rowCount).toBe(0);
  });

  it('keeps no node that could not take it even if it were empty', async () => {
    placement = createPlacement({ holdAfterMs: 0 });
    await enrol('node-a', { cpus: 1 });
    await ask(waitingRequest('huge', cores(64)));
    await serveAll();
    expect((await query('SELECT FROM waiting_requests WHERE holds IS NOT NULL')).rowCount).toBe(0);
    expect((await ask(requestOf()))?.node?.name).toBe('node-a');
  });
});

describe('several replicas', () => {
  it('one that dies in the middle of a step loses and doubles nothing', async () => {
    await enrol('node-a', { cpus: 0.5 });
    await ask(requestOf({ accessToken: 'runs' }));
    await ask(waitingRequest('waits'));
    await release('runs');
    const died = transaction(ownPool(), async (tx) => {
      expect(await placement.serveLine(tx, false)).toBe('answered');
      throw new Error('the process ended here');
    });
    await expect(died).rejects.toThrow('ended here');
    expect(await inLine()).toEqual(['waits']);
    const other = createPlacement();
    expect(await step(false, other)).toBe('answered');
    expect(await answers()).toEqual(['runs node-a', 'waits node-a']);
    expect((await query(`SELECT FROM reservations WHERE state = 'promised'`)).rowCount).toBe(1);
  });

  it('serve the line one at a time, and a request that comes again meanwhile has one place', async () => {
    await enrol('node-a', { cpus: 1 });
    await ask(requestOf({ accessToken: 'runs', ...cores(1) }));
    await ask(waitingRequest('waits'));
    await release('runs');
    const other = createPlacement();
    await transaction(ownPool(), async (tx) => {
      expect(await placement.serveLine(tx, false)).toBe('answered');
      expect(await step(false, other)).toBe('busy');
    });
    const again = await ask(waitingRequest('waits'), other);
    expect(again?.node?.name).toBe('node-a');
    expect((await query(`SELECT FROM reservations WHERE state = 'promised'`)).rowCount).toBe(1);
  });

  const event = fc.record({
    cpu: fc.constantFrom(0.25, 0.5, 1),
    priority: fc.constantFrom(-1, 0, 0, 3),
    then: fc.constantFrom('end', 'end', 'run', 'cancel'),
  });

  it('never go over the capacity of a node, answer each request at most once, and in the end all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 8, maxLength: 24 }), async (events) => {
        await query('TRUNCATE reservations, node_changes, ports_in_turn, outbox, waiting_requests');
        await query('TRUNCATE registry.node_records');
        const replicas = [1, 2, 3].map(() => createPlacement({ holdAfterMs: 0 }));
        const by = (n: number): Placement => replicas[n % replicas.length] ?? placement;
        await enrol('node-a', { cpus: 1 });
        await enrol('node-b', { cpus: 1.5 });
        const report = (n: number, accessToken: string, node: string, state: 'running' | 'stopped') =>
          transaction(ownPool(), (tx) => {
            const example = instanceReported.schema.parse(instanceReported.example);
            return by(n).follow(tx, { ...example, accessToken, node, state });
          });
        const prefix = uniqueName('t');
        const tokenOf = (n: number): string => `${prefix}-${n}`;
        await Promise.all(
          events.map(async ({ cpu, priority, then }, n) => {
            const request = waitingRequest(tokenOf(n), { priority, ...cores(cpu) });
            const answer = await ask(request, by(n));
            const tried = step(false, by(n + 1));
            if (then === 'cancel') await release(tokenOf(n));
            else if (answer?.node !== undefined) {
              await report(n, tokenOf(n), answer.node.name, 'running');
              if (then === 'end') await report(n + 1, tokenOf(n), answer.node.name, 'stopped');
            }
            await tried;
          }),
        );
        expect((await query(OVER)).rows).toEqual([]);
        // All that runs ends, one after another, so that each that waits gets its room.
        for (let round = 0; (await inLine()).length > 0; round += 1) {
          if (round > 2 * events.length) throw new Error(`${(await inLine()).join()} waits for ever`);
          const live = await query(
            `SELECT access_token AS token, node FROM reservations WHERE state IN ('promised', 'bound')`,
          );
          for (const { token, node } of live.rows as { token: string; node: string }[])
            await report(round, token, node, 'stopped');
          while ((await step(false, by(round))) === 'answered');
          expect((await query(OVER)).rows).toEqual([]);
        }
        const tokens = (await answers()).map((text) => text.split(' ')[0] ?? '');
        expect(new Set(tokens).size).toBe(tokens.length);
        const cancelled = events.filter(({ then }) => then === 'cancel').length;
        expect(tokens.length).toBeGreaterThanOrEqual(events.length - cancelled);
        expect(await answers()).not.toContainEqual(expect.stringContaining('refused'));
      }),
      { numRuns: isWhole('int') ? 10 : 4 },
    );
  });
});

describe('room appears', () => {
  const services: LineService[] = [];
  const serve = (): void => {
    for (const one of [createPlacement(), createPlacement()]) {
      const service = new LineService({
        pool: ownPool(),
        logger: SILENT,
        serve: (tx, isRenewed) => one.serveLine(tx, isRenewed),
      });
      services.push(service);
      service.start();
    }
  };
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.stop()));
  });
  const placed = (token: string): Promise<string> =>
    until(`${token} to be placed`, async () =>
      (await answers()).find((text) => text.startsWith(`${token} `)),
    );

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    ['a node is enrolled', () => Promise.resolve(), () => enrol('node-a', { cpus: 1 })],
    [
      'a node is uncordoned, or comes back',
      () => enrol('node-a', { cpus: 1, state: 'cordoned' }),
      () => query(`UPDATE registry.node_records SET state = 'ready'`),
    ],
    [
      'the capacity of a node is raised',
      () => enrol('node-a', { cpus: 0.25 }),
      () => query(`UPDATE registry.node_records SET capacity_cpus = 2`),
    ],
    [
      'an instance ends',
      async () => {
        await enrol('node-a', { cpus: 0.5 });
        await ask(requestOf({ accessToken: 'runs' }));
      },
      () =>
        transaction(ownPool(), (tx) => {
          const example = instanceReported.schema.parse(instanceReported.example);
          return placement.follow(tx, { ...example, accessToken: 'runs', node: 'node-a', state: 'stopped' });
        }),
    ],
  ])('when %s', async (_what, before, change) => {
    await before();
    await ask(waitingRequest('waits'));
    serve();
    await until('the line to be tried', async () => {
      const { rows } = await query('SELECT tried FROM waiting_requests');
      return rows[0]?.tried === true;
    });
    await change();
    expect(await placed('waits')).toBe('waits node-a');
  });

  it('at the deadline there is an answer, though nothing changed', async () => {
    await ask(waitingRequest('late', { waitUntil: soon(1_000) }));
    serve();
    expect(await placed('late')).toBe('late refused');
  });
});
