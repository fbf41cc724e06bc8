import { expect, it } from 'vitest';
import { whyRepaired } from './why-repaired.js';

it.each([
  [{ reason: 'node-lost', attempt: 1 }, 'Its node does not answer. Another is to take its place.'],
  [{ reason: 'container-gone', attempt: 1 }, 'Its container is gone. Another is to take its place.'],
  [{ attempts: 1 }, 'It was given up after 1 attempt to bring it back.'],
  [
    ...([{ attempts: 5, error: { code: 'NO_NODE', message: 'No node has room.' } }] as const),
    'It was given up after 5 attempts to bring it back. No node has room.',
  ],
  [{}, undefined],
])('says of %j: %s', (data, why) => {
  expect(whyRepaired(data)).toBe(why);
});
