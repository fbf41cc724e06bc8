import { describe, expect, it } from 'vitest';
import { randomOf } from '#libs/testing';
import { askLimitMs, judge, type Liveness, nothingKnown, REACH_LIMIT_MS, type Verdict } from './verdict.js';

const ALIVE: Verdict = { state: 'alive', since: '2026-01-01T00:00:00.000Z' };
const LOST: Verdict = { state: 'unreachable', reason: 'it was cut off', since: '2026-01-01T00:00:00.000Z' };

/** One character a second: `+` good, `-` bad. The verdict after each: A alive, U unreachable, `?` none. */
function verdictsOf(checks: string, begun: Verdict | undefined): string {
  let liveness: Liveness = nothingKnown(begun);
  return [...checks]
    .map((kind, n) => {
      const now = new Date(1_000 * n).toISOString();
      liveness = judge(liveness, kind === '+' ? { kind: 'good' } : { kind: 'bad', why: `check ${n}` }, now);
      return { alive: 'A', unreachable: 'U', none: '?' }[liveness.verdict?.state ?? 'none'];
    })
    .join('');
}

describe('the verdict on a node', () => {
  it.each([
    ['one that answers', ALIVE, '++++++++++', 'AAAAAAAAAA'],
    ['one that is cut off', ALIVE, '++---------', 'AAAAUUUUUUU'],
    ['one that missed two answers', ALIVE, '++--+++--++', 'AAAAAAAAAAA'],
    ['one that loses every second check', ALIVE, '-+-+-+-+-+-+', 'AAAAAAAAAAAA'],
    ['one that loses two of three', ALIVE, '--+--+--+', 'AAAUUUUUU'],
    ['one that comes back', LOST, '--++++++', 'UUUUUAAA'],
    ['one that comes back for a moment, again and again', LOST, '+++-+++-+++-', 'UUUUUUUUUUUU'],
    ['one that was never seen and answers', undefined, '++', 'AA'],
    ['one that was never seen and does not answer', undefined, '---', '??U'],
    ['one that was never seen and loses its first answer', undefined, '-+', '?A'],
    ['a reboot of 30 s', ALIVE, `${'-'.repeat(30)}++++++`, `AA${'U'.repeat(31)}AAA`],
  ])('%s', (_what, begun, checks, verdicts) => {
    expect(verdictsOf(checks, begun)).toBe(verdicts);
  });

  it('says why and since when, and keeps both while it stays the same', () => {
    let liveness = nothingKnown(ALIVE);
    for (const second of [1, 2, 3, 4, 5])
      liveness = judge(liveness, { kind: 'bad', why: `why ${second}` }, `at ${second}`);
    expect(liveness.verdict).toEqual({ state: 'unreachable', reason: 'why 3', since: 'at 3' });
  });

  it.each(Array.from({ length: 200 }, (_, seed) => seed))(
    'never changes where of each four checks two fail at most, whichever it is (seed %i)',
    (seed) => {
      const random = randomOf(seed);
      let checks = '';
      for (let n = 0; n < 200; n += 1) {
        const failed = [...checks.slice(-3)].filter((kind) => kind === '-').length;
        checks += failed < 2 && random() < 0.6 ? '-' : '+';
      }
      expect(verdictsOf(checks, ALIVE)).not.toContain('U');
      const withLoss = [...checks].map((kind, n) => (n % 4 === 3 ? '-' : kind)).join('');
      expect(verdictsOf(withLoss, LOST)).not.toContain('A');
    },
  );
});

describe('how long is waited', () => {
  it('one that is cut off is unreachable within 6 s: a look that stays out, then three checks', () => {
    const cadenceMs = 1_000;
    // The cut comes right after a look was answered; the next look is given a second before it is checked.
    const firstCheckMs = 2 * cadenceMs;
    expect(firstCheckMs + 2 * cadenceMs + REACH_LIMIT_MS).toBeLessThanOrEqual(6_000);
    const asks = [0, 1, 2].map((failed) => askLimitMs(failed, { kernelAnswers: false, isInDoubt: true }));
    expect(firstCheckMs + asks.reduce((sum, ms) => sum + ms)).toBeLessThanOrEqual(6_000);
  });

  it('a program of a busy node has longer each time, while its kernel answers', () => {
    const limits = [0, 1, 2, 3, 9].map((failed) =>
      askLimitMs(failed, { kernelAnswers: true, isInDoubt: false }),
    );
    expect(limits).toEqual([2_000, 4_000, 8_000, 8_000, 8_000]);
  });

  it('where many nodes do not answer, each has more time, and not without end', () => {
    const limits = [0, 1, 2].map((failed) => askLimitMs(failed, { kernelAnswers: true, isInDoubt: true }));
    expect(limits).toEqual([16_000, 32_000, 64_000]);
  });
});
