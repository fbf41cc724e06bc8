import { expect, it } from 'vitest';
import { classify } from './classify.js';

const databaseError = (code: string): Error => Object.assign(new Error('no'), { code, severity: 'ERROR' });

it.each([
  ['22021', 'bug', 'a NUL in a header blocked its partition for ever'],
  ['23505', 'bug', 'a broken constraint'],
  ['54000', 'bug', 'a key that is too long for an index'],
  ['40P01', 'retriable', 'a deadlock'],
  ['57P01', 'retriable', 'a server that is shut down'],
  ['53300', 'retriable', 'too many sessions'],
])('SQLSTATE %s is classed as %s: %s', (code, expected) => {
  expect(classify(databaseError(code))).toBe(expected);
});

it('an error of the system with a number for its code is retriable', () => {
  expect(classify(Object.assign(new Error('no'), { code: 'ECONNREFUSED' }))).toBe('retriable');
});
