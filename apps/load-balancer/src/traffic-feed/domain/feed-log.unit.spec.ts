import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedEntry } from '#libs/contracts';
import { FeedLog, type LoggedChange } from './feed-log.js';

const there = (name: string, port = 1): FeedEntry => ({
  ...{ kind: 'instance', name },
  instance: { appId: 'shop', service: 'web', state: 'running', address: '10.0.0.1', port },
});
const gone = (name: string): FeedEntry => ({ kind: 'instance', name });
const change = (revision: number, entry: FeedEntry): LoggedChange => ({ revision, entry });

function logAt(revision: number, ...names: readonly string[]): FeedLog {
  const log = new FeedLog(2, 3);
  const entries = names.map((name) => there(name));
  log.replace(revision, entries);
  return log;
}

describe('a log', () => {
  it('knows nothing before its first snapshot', () => {
    const log = new FeedLog(2);
    expect([log.revision, log.snapshot(), log.since(0, 10), log.knows(0)]).toEqual([
      ...[undefined, undefined, undefined, false],
    ]);
  });

  it('gives what changed after a revision, each thing once, as it is now', () => {
    const log = logAt(10, 'a');
    log.append(14, [change(11, there('b')), change(12, gone('a')), change(14, there('b', 2))]);
    expect(log.since(10, 10)).toEqual({ revision: 14, entries: [gone('a'), there('b', 2)] });
    expect(log.since(12, 10)).toEqual({ revision: 14, entries: [there('b', 2)] });
    expect(log.since(14, 10)).toEqual({ revision: 14, entries: [] });
  });

  it('gives at most so many, and the rest with the next call', () => {
    const log = logAt(10);
    log.append(13, [change(11, there('a')), change(12, there('b')), change(13, there('c'))]);
    expect(log.since(10, 2)).toEqual({ revision: 12, entries: [there('a'), there('b')] });
    expect(log.since(12, 2)).toEqual({ revision: 13, entries: [there('c')] });
  });

  it('leaves out what says nothing new, and still knows the revision', () => {
    const log = logAt(10, 'a');
    log.append(12, [change(11, there('a')), change(12, gone('never'))]);
    expect(log.since(10, 10)).toEqual({ revision: 12, entries: [] });
  });

  it('forgets old changes, and says so of who missed them', () => {
    const log = logAt(10);
    for (let n = 11; n <= 17; n += 1) log.append(n, [change(n, there(`i${n}`))]);
    expect(log.since(10, 10)).toBeUndefined();
    expect(log.since(13, 10)).toBeUndefined();
    expect(log.since(14, 10)?.entries.map(({ name }) => name)).toEqual(['i15', 'i16', 'i17']);
  });

  it('does not know what is newer than itself: that is of another registry', () => {
    expect(logAt(10).since(11, 10)).toBeUndefined();
  });

  it('cuts a snapshot into pieces, the same for all who ask before it changes', () => {
    const log = logAt(10, 'a', 'b', 'c');
    expect(log.snapshot()).toEqual({ revision: 10, pieces: [[there('a'), there('b')], [there('c')]] });
    expect(log.snapshot()).toBe(log.snapshot());
    log.append(11, [change(11, gone('a'))]);
    expect(log.snapshot()).toEqual({ revision: 11, pieces: [[there('b'), there('c')]] });
    expect(logAt(10).snapshot()).toEqual({ revision: 10, pieces: [[]] });
  });

  it('brings whoever follows it to what it holds, wherever he begins and however little he takes at once', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      port: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.nat(39),
        fc.integer({ min: 1, max: 3 }),
        (steps, at, most) => {
          const log = new FeedLog(3, 50);
          log.replace(0, []);
          let follower = new Map<string, FeedEntry>();
          let known = 0;
          steps.forEach(({ name, port }, n) => {
            log.append(n + 1, [change(n + 1, port === 0 ? gone(name) : there(name, port))]);
            if (n === at) {
              const snapshot = log.snapshot();
              follower = new Map(snapshot?.pieces.flat().map((entry) => [entry.name, entry]));
              known = Number(snapshot?.revision);
            }
          });
          for (;;) {
            const next = log.since(known, most);
            if (next === undefined || next.revision === known) break;
            known = next.revision;
            for (const entry of next.entries)
              if (entry.instance === undefined) follower.delete(entry.name);
              else follower.set(entry.name, entry);
          }
          const all = log.snapshot()?.pieces.flat() ?? [];
          expect(known).toBe(steps.length);
          expect(follower).toEqual(new Map(all.map((entry) => [entry.name, entry])));
        },
      ),
    );
  });
});
