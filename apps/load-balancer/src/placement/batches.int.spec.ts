import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type NodeAnswer, nodeAnswered, type NodeRequest } from '#libs/contracts';
import { type Pool, transaction } from '#libs/postgres';
import { isWhole } from '../../../../test/short-form.js';
import {
  createPlacement,
  handleTogether,
  OVER,
  placementOfFile,
  requestOf,
  untilPlacingWaits,
} from './placement.testing.js';
import type { Placement } from './wire.js';

const { enrol, query, ownPool, report, release } = placementOfFile();

interface ExplainedRow {
  readonly node: string;
  readonly score: number;
  readonly explanation: { readonly best: readonly { readonly node: string; readonly points: number }[] };
}

let replicas: readonly Placement[];
beforeEach(() => {
  replicas = [1, 2, 3].map(() => createPlacement());
});

const placeTogether = (placement: Placement, requests: readonly NodeRequest[]): Promise<void> =>
  handleTogether(ownPool(), placement, { requests });

async function answers(): Promise<readonly NodeAnswer[]> {
  const { rows } = await query('SELECT data FROM outbox ORDER BY seq');
  return rows.map(({ data }: { data: unknown }) => nodeAnswered.schema.parse(data));
}

/** What is answered is what is reserved, and nothing else. */
async function expectAnswersToHold(): Promise<void> {
  const { rows } = await query(
    `SELECT access_token, node, port FROM reservations WHERE state = 'promised' ORDER BY access_token`,
  );
  const answered = (await answers()).flatMap(({ accessToken, node }) =>
    node === undefined ? [] : [{ access_token: accessToken, node: node.name, port: node.port ?? null }],
  );
  const byToken = new Map(answered.map((one) => [one.access_token, one]));
  expect([...byToken.values()].sort((a, b) => (a.access_token < b.access_token ? -1 : 1))).toEqual(rows);
  expect((await query(OVER)).rows).toEqual([]);
}

const size = fc.record({
  cpu: fc.constantFrom(0.25, 0.5, 1),
  memoryMiB: fc.constantFrom(50, 200, 400),
  service: fc.constantFrom('web', 'db'),
  needsPort: fc.boolean(),
});

describe('requests in one transaction', () => {
  it('of three replicas at the same time never share room, and each has its own answer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(size, { minLength: 1, maxLength: 12 }), { minLength: 3, maxLength: 6 }),
        async (batches) => {
          await query('TRUNCATE reservations, node_changes, ports_in_turn, outbox, registry.node_records');
          replicas = [1, 2, 3].map(() => createPlacement());
          await enrol('node-a', { cpus: 1.5, memoryMiB: 900, lastPort: 20_003 });
          await enrol('node-b', { cpus: 2, memoryMiB: 700 });
          await enrol('node-c', { cpus: 4, memoryMiB: 2_000 });
          await Promise.all(
            batches.map((sizes, index) => {
              const requests = sizes.map(({ cpu, memoryMiB, ...rest }) =>
                requestOf({ resources: { cpu, memoryMiB }, ...rest }),
              );
              return placeTogether(replicas[index % 3] as Placement, requests);
            }),
          );
          expect(await answers()).toHaveLength(batches.flat().length);
          await expectAnswersToHold();
        },
      ),
      { numRuns: isWhole('int') ? 10 : 4 },
    );
  });

  it('see what those before them have taken: replicas of a service spread over the nodes', async () => {
    for (const name of ['node-a', 'node-b', 'node-c']) await enrol(name);
    await placeTogether(
      replicas[0] as Placement,
      [1, 2, 3].map(() => requestOf()),
    );
    expect((await answers()).map(({ node }) => node?.name).sort()).toEqual(['node-a', 'node-b', 'node-c']);
  });

  it('that fill the last node are placed until it is full, and the rest is refused', async () => {
    await enrol('node-a', { cpus: 2 });
    await placeTogether(
      replicas[0] as Placement,
      Array.from({ length: 7 }, () => requestOf()),
    );
    const all = await answers();
    expect(all.filter(({ node }) => node !== undefined)).toHaveLength(4);
    expect(all.filter(({ refusals }) => refusals.length === 1)).toHaveLength(3);
    await expectAnswersToHold();
  });

  it('of the same access token have the same place', async () => {
    for (const name of ['node-a', 'node-b']) await enrol(name);
    const request = requestOf({ accessToken: 'twice' });
    await placeTogether(replicas[0] as Placement, [request, requestOf(), request]);
    const twice = (await answers()).filter(({ accessToken }) => accessToken === 'twice');
    expect(twice).toHaveLength(2);
    expect(twice[0]?.node).toEqual(twice[1]?.node);
    await expectAnswersToHold();
  });

  it('that others changed nodes under are placed by what these nodes have now', async () => {
    await enrol('node-a', { cpus: 2 });
    await enrol('node-b', { cpus: 1 });
    const [first, second] = replicas as [Placement, Placement];
    await placeTogether(first, [requestOf({ resources: { cpu: 0.1, memoryMiB: 10 } })]);
    await placeTogether(
      second,
      Array.from({ length: 3 }, () => requestOf()),
    );
    await placeTogether(
      first,
      Array.from({ length: 4 }, () => requestOf()),
    );
    expect((await answers()).filter(({ node }) => node === undefined)).toHaveLength(2);
    await expectAnswersToHold();
  });

  it('were lost where they were refused and another one of the transaction waited for a node: all are answered', async () => {
    await enrol('node-a', { cpus: 1 });
    const [first, second] = replicas as [Placement, Placement];
    let placed: Promise<void> | undefined;
    await transaction(ownPool(), async (tx) => {
      await first.answer(tx, requestOf());
      const tooLarge = requestOf({ resources: { cpu: 50, memoryMiB: 1 } });
      placed = placeTogether(second, [tooLarge, requestOf()]);
      await untilPlacingWaits(query);
    });
    await placed;
    const all = await answers();
    expect(all.map(({ node }) => node?.name).sort()).toEqual(['node-a', 'node-a', undefined]);
    await expectAnswersToHold();
  });

  it('a request and the release of its place leave nothing behind', async () => {
    await enrol('node-a');
    const requests = [requestOf({ accessToken: 'given-back' })];
    await handleTogether(ownPool(), replicas[0] as Placement, { requests, released: ['given-back'] });
    expect((await query('SELECT state FROM reservations')).rows).toEqual([{ state: 'released' }]);
  });

  it('a request after the release of its place is placed: both are handled alone, in their order', async () => {
    await enrol('node-a');
    const placement = replicas[0] as Placement;
    const request = requestOf({ accessToken: 'again' });
    const inOne = transaction(ownPool(), (tx) => {
      placement.noteRelease(tx, { accessToken: 'again', appId: 'shop' });
      placement.note(tx, request);
      return placement.settle(tx);
    });
    await expect(inOne).rejects.toMatchObject({ code: 'NOT_TOGETHER', kind: 'retriable' });
    expect(await answers()).toEqual([]);
  });

  it('have their explanations stored, each with the score of its answer', async () => {
    for (const name of ['node-a', 'node-b']) await enrol(name, { cpus: 4 });
    await placeTogether(
      replicas[0] as Placement,
      [1, 2, 3, 4].map(() => requestOf()),
    );
    const { rows } = await query('SELECT node, score, explanation FROM placements');
    expect(rows).toHaveLength(4);
    for (const { node, score, explanation } of rows as ExplainedRow[]) {
      const decided = explanation.best.find((one) => one.node === node);
      expect(decided?.points).toBeCloseTo(score, 6);
    }
  });

  it('of several services each know the failures of their own one alone, and where its image lies', async () => {
    for (const name of ['node-a', 'node-b']) await enrol(name, { cpus: 8, memoryMiB: 8_000 });
    const [placement] = replicas as [Placement];
    const image = 'registry.example/db@sha256:1';
    const has = [
      requestOf({ accessToken: 'failed', service: 'web', onNode: 'node-a' }),
      requestOf({ accessToken: 'ended', service: 'db', onNode: 'node-a', image }),
    ];
    await placeTogether(placement, has);
    await report('ended', 'node-a', 'running');
    await release('failed', { failed: true });
    await release('ended');
    await placeTogether(placement, [
      requestOf({ accessToken: 'web', service: 'web' }),
      requestOf({ accessToken: 'db', service: 'db', image }),
    ]);
    const { rows } = await query(
      `SELECT service, node FROM placements WHERE access_token IN ('web', 'db') ORDER BY service`,
    );
    expect(rows).toEqual([
      { service: 'db', node: 'node-a' },
      { service: 'web', node: 'node-b' },
    ]);
  });

  it('what a rolled back transaction had taken is free at once for the same replica', async () => {
    await enrol('node-a', { cpus: 1 });
    const placement = replicas[0] as Placement;
    const failed = transaction(ownPool(), async (tx) => {
      for (const _ of [1, 2]) placement.note(tx, requestOf());
      await placement.settle(tx);
      throw new Error('the process ended here');
    });
    await expect(failed).rejects.toThrow('ended here');
    await placeTogether(placement, [requestOf(), requestOf()]);
    expect((await answers()).map(({ node }) => node?.name)).toEqual(['node-a', 'node-a']);
  });
});

/**
 * The release before locks of single nodes, by its statements: it locks all nodes at once, counts what is reserved, and
 * reserves. Replicas of it run on during an upgrade.
 */
async function placeAsBefore(pool: Pool, { accessToken, resources }: NodeRequest): Promise<void> {
  await transaction(pool, async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('slipway.load-balancer.place', 0))`);
    await tx.query(
      `UPDATE reservations SET state = 'lapsed', updated_at = now() WHERE state = 'promised' AND expires_at < now()`,
    );
    const { rows } = await tx.query<{ name: string; port: number }>(
      `SELECT name, (SELECT min(p) FROM generate_series(first_port, last_port) p WHERE NOT EXISTS (
                SELECT FROM reservations WHERE node = name AND port = p AND state IN ('promised', 'bound'))) AS port
       FROM registry.nodes LEFT JOIN LATERAL (
         SELECT coalesce(sum(cpu), 0) AS cpu, coalesce(sum(memory_mib), 0) AS memory
         FROM reservations WHERE node = name AND state IN ('promised', 'bound')) held ON true
       WHERE held.cpu + $1 <= allocatable_cpus AND held.memory + $2 <= allocatable_memory_bytes / 1048576
       ORDER BY held.cpu / allocatable_cpus, name`,
      [resources.cpu, resources.memoryMiB],
    );
    const [place] = rows;
    if (place === undefined) return;
    await tx.query(
      `INSERT INTO reservations (access_token, app_id, service, node, port, score, cpu, memory_mib, state, expires_at)
       VALUES ($1, 'shop', 'web', $2, $3, 50, $4, $5, 'promised', now() + interval '1 h')`,
      [accessToken, place.name, place.port, resources.cpu, resources.memoryMiB],
    );
  });
}

describe('beside replicas of the release before, which lock all nodes at once', () => {
  it('no room is shared, and neither waits for ever', async () => {
    for (const [name, cpus] of [
      ['node-a', 8],
      ['node-b', 6],
      ['node-c', 5],
    ] as const)
      await enrol(name, { cpus, memoryMiB: 8_000, lastPort: 20_099 });
    const half = { cpu: 0.5, memoryMiB: 50 };
    const old = async (): Promise<void> => {
      for (let n = 0; n < 15; n += 1) await placeAsBefore(ownPool(), requestOf({ resources: half }));
    };
    const renewed = async (placement: Placement): Promise<void> => {
      for (let n = 0; n < 5; n += 1)
        await placeTogether(
          placement,
          Array.from({ length: 4 }, () => requestOf({ resources: half })),
        );
    };
    await Promise.all([old(), ...replicas.slice(0, 2).map(renewed)]);
    expect((await query(OVER)).rows).toEqual([]);
    const { rows } = await query(`SELECT sum(cpu)::float8 AS cpu FROM reservations`);
    // 27.5 cores were asked for, and there are 19: all is given away, and no more.
    expect(rows).toEqual([{ cpu: 19 }]);
  });
});
