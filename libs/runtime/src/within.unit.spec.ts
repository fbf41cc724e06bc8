import { expect, it } from 'vitest';
import { within } from './within.js';

it('gives what the work comes to, also where it fails', async () => {
  expect(await within(1_000, 'it', Promise.resolve(3))).toBe(3);
  await expect(within(1_000, 'it', Promise.reject(new Error('away')))).rejects.toThrow('away');
});

it('throws once the time is over, and a later failure of the work is nobody’s', async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  await expect(within(5, 'the database', promise)).rejects.toThrow(
    'the database does not answer within 5 ms',
  );
  reject(new Error('too late'));
});
