import { expect, it } from 'vitest';
import { whereEqual } from './where.js';

it('asks about the columns whose value is given, in their order', () => {
  expect(whereEqual({ a: 'x', b: undefined, c: 0 })).toEqual({
    sql: 'true AND a = $1 AND c = $2',
    values: ['x', 0],
  });
  expect(whereEqual({ a: undefined })).toEqual({ sql: 'true', values: [] });
});
