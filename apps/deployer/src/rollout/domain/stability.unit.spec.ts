import { expect, it } from 'vitest';
import { releaseWith, running } from '../../task/domain/task.testing.js';
import { servesAtOnce, stabilityMs } from './stability.js';

it('the first instance of a scaling from nothing gets requests as soon as it answers', () => {
  expect(servesAtOnce({ mode: 'scale', scale: { to: 1 }, survey: [] })).toBe(true);
});

it('what others serve for, what is deployed, and what is restored must prove itself', () => {
  expect(
    servesAtOnce({ mode: 'scale', scale: { to: 2 }, survey: [running('web-0', releaseWith('new', 1))] }),
  ).toBe(false);
  expect(servesAtOnce({ mode: 'run', survey: [] })).toBe(false);
  expect(servesAtOnce({ mode: 'scale', scale: { repairs: 1 }, survey: [] } as never)).toBe(false);
});

it('a window of its own is waited for, and a port that nobody was seen to accept at', () => {
  expect(stabilityMs({ health: { stableMs: 700 } } as never, {}, 0)).toBe(700);
  expect(stabilityMs({} as never, { acceptance: 'unseen' }, 0)).toBe(5_000);
  expect(stabilityMs({} as never, { acceptance: 'seen' }, 0)).toBe(0);
});
