import { describe, expect, it } from 'vitest';
import { effectKinds, entryOf } from './effect-table.js';

describe('the table of effects', () => {
  it.each(effectKinds)('%s: what a thrown code is renamed to is one of its codes', (kind) => {
    const { codes, renamed = {} } = entryOf(kind);
    expect(Object.values(renamed).filter((code) => !codes.includes(code))).toEqual([]);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it.each(effectKinds)('%s: what is its node’s own is one of its codes', (kind) => {
    const { codes, elsewhere = [] } = entryOf(kind);
    expect(elsewhere.filter((code) => !codes.includes(code))).toEqual([]);
  });

  it.each(effectKinds)('%s: a replica can die after it only where it touches the world', (kind) => {
    const { what, crashes } = entryOf(kind);
    expect(crashes.includes('after')).toBe(what === 'run');
  });

  it('says of each event at most once whose end it is', () => {
    const ends = effectKinds.flatMap((kind) => entryOf(kind).endedBy);
    expect(ends.filter((event, n) => ends.indexOf(event) !== n)).toEqual([]);
  });
});
