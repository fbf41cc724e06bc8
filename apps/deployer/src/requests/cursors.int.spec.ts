import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toPage } from '#libs/http';
import { EventStore, transaction } from '#libs/postgres';
import type { TestDatabase } from '#libs/testing';
import { PostgresReleaseRecord } from '../releases/adapters/release-record.js';
import { ReleasesController } from '../releases/http.js';
import { createDeployerDatabase } from '../task/database.testing.js';
import { RequestRecord } from './adapters/request-record.js';
import * as rows from './adapters/request-rows.js';
import { RequestsController } from './http.js';

const TOKENS = ['a', 'b', 'c', 'd', 'e'];
const appId = 'shop';

let database: TestDatabase;
let requests: RequestsController;
let releases: ReleasesController;

beforeAll(async () => {
  database = await createDeployerDatabase();
  const { pool } = database;
  requests = new RequestsController(new RequestRecord(pool, new EventStore()));
  releases = new ReleasesController(new PostgresReleaseRecord(pool));
  const row = { request: { appId }, replyTopic: 'x', openTasks: 1, kind: 'deployment' } as const;
  await transaction(pool, async (tx) => {
    for (const token of TOKENS) await rows.insertRequest(tx, { token, ...row });
  });
  // Half of them within a millisecond of the others, half at the same time.
  await pool.query(
    `UPDATE requests SET received_at = '2026-01-01 00:00:00.123456Z'::timestamptz
       + (ascii(token) / 2) * interval '1 microsecond'`,
  );
});
afterAll(() => database.drop());

/** Of the list of the application, as it gives them. */
const cursor = (place: readonly unknown[]): string =>
  toPage(
    [
      { item: 1, place },
      { item: 2, place },
    ],
    1,
    { appId },
  ).next ?? '';
const requestsAfter = (after?: string, limit = 2) =>
  requests.requests({ params: undefined, query: { appId, limit, after }, body: undefined });
const releasesAfter = (after: string) =>
  releases.list({ params: undefined, query: { appId, limit: 2, after }, body: undefined });

describe('a cursor', () => {
  it('leads through all pages, each request once', async () => {
    const seen: string[] = [];
    for (let after: string | undefined; seen.length < TOKENS.length;) {
      const page = await requestsAfter(after);
      seen.push(...page.items.map(({ token }) => token));
      if (page.next === undefined) break;
      after = page.next;
    }
    expect(seen).toEqual(TOKENS.toReversed());
  });

  it.each([
    [['x', 'y']],
    [['9'.repeat(19), 'a']],
    [['2026-13-01 00:00:00+00', 'a']],
    [['1', 'a\0']],
    [['1', 'a\uD800']],
    [['1']],
  ])('that this list never gave became a 500: it is refused (%j)', async (place) => {
    const refused = { status: 400, code: 'CURSOR_INVALID' };
    await expect(requestsAfter(cursor(place))).rejects.toMatchObject(refused);
  });

  it.each([[['web\0', '1']], [['web\uD800', '1']], [['web', 'x']]])(
    'that the list of releases never gave became a 500: it is refused (%j)',
    async (place) => {
      const refused = { status: 400, code: 'CURSOR_INVALID' };
      await expect(releasesAfter(cursor(place))).rejects.toMatchObject(refused);
    },
  );

  it('of one application was taken with another: it is refused', async () => {
    const { next } = await requestsAfter();
    const query = { appId: 'hello', limit: 2, after: next };
    await expect(requests.requests({ params: undefined, query, body: undefined })).rejects.toMatchObject({
      ...{ status: 400, code: 'CURSOR_INVALID' },
    });
  });

  it('of any time is taken', async () => {
    for (const microseconds of ['0', '9'.repeat(18)])
      expect((await requestsAfter(cursor([microseconds, 'a']))).items).toHaveLength(
        microseconds === '0' ? 0 : 2,
      );
  });
});
