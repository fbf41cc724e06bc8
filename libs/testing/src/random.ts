/** Numbers from 0 to below 1, the same for the same seed: mulberry32, small, and good enough to pick things. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What a chance, from 0 to below 1, picks among shares that are 1 together. */
export function byShare<T>(shares: readonly (readonly [T, number])[], chance: number): T {
  let upTo = 0;
  const picked = shares.find(([, share]) => chance < (upTo += share)) ?? shares.at(-1);
  if (picked === undefined) throw new RangeError('there are no shares to pick from');
  return picked[0];
}
