import { expect, it } from 'vitest';
import { parse, problemsOf } from './service-config.testing.js';

it('PORT in env was replaced by the field port without a word: another port is refused', () => {
  expect(problemsOf({ runtime: 'node', port: 3000, env: { PORT: '4000' } })).toEqual([
    {
      field: 'env.PORT',
      expected: 'expected no other port than that of the field port, from which PORT is set',
    },
  ]);
});

it('the same port may stand in env too, and a worker may have a PORT of its own', () => {
  expect(parse({ runtime: 'node', port: 3000, env: { PORT: '3000' } }).env).toEqual({ PORT: '3000' });
  expect(parse({ runtime: 'node', env: { PORT: '4000' } }).env).toEqual({ PORT: '4000' });
});
