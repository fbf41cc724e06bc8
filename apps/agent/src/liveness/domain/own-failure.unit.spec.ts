import { expect, it } from 'vitest';
import { isOwnFailure } from './own-failure.js';

const failed = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

it('an agent without a file descriptor left said of nodes that they do not answer', () => {
  expect(isOwnFailure(failed('EMFILE'))).toBe(true);
  const told = new Error('node-1 cannot be reached', { cause: failed('EADDRNOTAVAIL') });
  expect(isOwnFailure(new Error('no connection', { cause: told }))).toBe(true);
});

it('what the node or the way to it refuses is no failure of who asks', () => {
  for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNRESET'])
    expect(isOwnFailure(failed(code))).toBe(false);
  expect(isOwnFailure(new Error('it does not answer within 1000 ms'))).toBe(false);
  expect(isOwnFailure('EMFILE')).toBe(false);
});
