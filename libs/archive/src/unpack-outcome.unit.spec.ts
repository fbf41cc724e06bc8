import { expect, it } from 'vitest';
import { outcomeOf, resultOf } from './unpack-outcome.js';

it('a full disk is told by its code, which errors lose between threads', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const outcome = structuredClone(outcomeOf(full));
  expect(() => resultOf(outcome)).toThrow(expect.objectContaining({ message: full.message, code: 'ENOSPC' }));
});

it('what has no code, or is no error, comes through all the same', () => {
  expect(() => resultOf(structuredClone(outcomeOf(new Error('broken'))))).toThrow('broken');
  expect(() => resultOf(structuredClone(outcomeOf('broken')))).toThrow('broken');
});
