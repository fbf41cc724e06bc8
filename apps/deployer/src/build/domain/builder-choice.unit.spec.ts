import { describe, expect, it } from 'vitest';
import { roomiest } from './builder-choice.js';

const builder = (name: string, limit: number, busy: number) => ({ name, limit, busy });

describe('the builder of a build', () => {
  it('is the one with most room within its own limit, not the one with fewest builds', () => {
    expect(roomiest([builder('small', 2, 0), builder('big', 8, 5)])).toBe('big');
    expect(roomiest([builder('small', 2, 0), builder('big', 8, 7)])).toBe('small');
  });

  it('is, among equals, the one that is preferred, else the first', () => {
    const equals = [builder('a', 4, 1), builder('b', 4, 1), builder('c', 4, 2)];
    expect(roomiest(equals)).toBe('a');
    expect(roomiest(equals, 'b')).toBe('b');
    expect(roomiest(equals, 'c')).toBe('a');
  });

  it('is none where all are full, or there is none', () => {
    expect(roomiest([builder('a', 1, 1), builder('b', 2, 2)], 'a')).toBeUndefined();
    expect(roomiest([])).toBeUndefined();
  });
});
