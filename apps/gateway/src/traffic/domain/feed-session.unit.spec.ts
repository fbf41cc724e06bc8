import { expect, it } from 'vitest';
import type { FeedEntry, FromLoadBalancer } from '#libs/contracts';
import { type FeedNews, type FeedSession, received, sessionFrom } from './feed-session.js';

const entry = (name: string): FeedEntry => ({ kind: 'instance', name });
const welcome = { type: 'welcome', protocol: 1, replica: 'lb-1', leaseMs: 5_000 } as const;
const piece = (n: number, pieces: number, revision = 10): FromLoadBalancer => ({
  ...{ type: 'snapshot', revision, piece: n, pieces, entries: [entry(`i${n}`)] },
});
const scoresNow: FromLoadBalancer = { type: 'scores', scores: [{ name: 'a', score: 50 }] };
const weightsSet: FromLoadBalancer = { type: 'overrides', overrides: [{ instance: 'a', weight: 20 }] };
const changes = (from: number, revision: number): FromLoadBalancer => ({
  ...{ type: 'changes', from, revision, entries: [entry('c')] },
});

/** All news, and the problem that ended it. */
function told(begin: FeedSession, messages: readonly FromLoadBalancer[]) {
  const news: FeedNews[] = [];
  let session = begin;
  for (const message of messages) {
    const next = received(session, message);
    if ('problem' in next) return { news, problem: next.problem, revision: session.revision };
    if (next.news !== undefined) news.push(next.news);
    session = next.session;
  }
  return { news, revision: session.revision };
}

it('a snapshot is news once it is whole, and changes follow it', () => {
  const all = [welcome, piece(1, 2), piece(2, 2), changes(10, 12), changes(12, 12)];
  expect(told(sessionFrom(undefined), all)).toEqual({
    revision: 12,
    news: [
      { revision: 10, isWhole: true, entries: [entry('i1'), entry('i2')] },
      { revision: 12, isWhole: false, entries: [entry('c')] },
      { revision: 12, isWhole: false, entries: [entry('c')] },
    ],
  });
});

it('scores and weights may come between the pieces of a snapshot, and are handed on', () => {
  const between = [scoresNow, weightsSet];
  const all = [welcome, piece(1, 2), ...between, piece(2, 2)];
  expect(told(sessionFrom(undefined), all)).toMatchObject({ revision: 10, news: [{ isWhole: true }] });
  const begun = received(sessionFrom(undefined), welcome);
  const { session } = begun as Extract<typeof begun, { readonly session: unknown }>;
  expect(between.map((message) => received(session, message))).toEqual([
    { session, scores: scoresNow },
    { session, overrides: [{ instance: 'a', weight: 20 }] },
  ]);
});

it('who knows a revision goes on from there, or begins anew', () => {
  expect(told(sessionFrom(10), [welcome, changes(10, 11)])).toMatchObject({ revision: 11 });
  expect(told(sessionFrom(10), [welcome, piece(1, 1, 7)])).toMatchObject({ revision: 7 });
});

it('a snapshot that is not whole changes nothing of what is known', () => {
  expect(told(sessionFrom(5), [welcome, piece(1, 3)])).toEqual({ news: [], revision: 5 });
});

it.each([
  ['a message before the welcome', [changes(10, 11)], 'expected welcome'],
  ['scores before the welcome', [scoresNow], 'expected welcome'],
  ['a second welcome', [welcome, welcome], 'second welcome'],
  ['another protocol', [{ ...welcome, protocol: 2 }], 'protocol 1'],
  ['changes without a beginning', [welcome, changes(10, 11)], 'missing'],
  ['changes with a gap', [welcome, piece(1, 1), changes(11, 12)], 'missing'],
  ['changes that go back', [welcome, piece(1, 1), changes(10, 9)], 'missing'],
  ['changes within a snapshot', [welcome, piece(1, 2), changes(10, 11)], 'within a snapshot'],
  ['pieces out of order', [welcome, piece(2, 2)], 'piece'],
  ['a piece too many', [welcome, piece(2, 1)], 'piece'],
  ['pieces of two snapshots', [welcome, piece(1, 2), piece(2, 2, 11)], 'piece'],
] as const)('%s ends the connection', (_, messages, problem) => {
  expect(told(sessionFrom(undefined), messages).problem).toContain(problem);
});
