import { describe, expect, it } from 'vitest';
import { reasonOf } from './dead-letter-reason.js';
import { PermanentError } from './errors.js';

describe('the reason of a dead letter', () => {
  it('is what a permanent error says', () => {
    expect(reasonOf(new PermanentError('MESSAGE_INVALID', 'n: expected number'))).toBe('n: expected number');
  });

  it('repeats nothing of an error that may quote the message', () => {
    const refused = Object.assign(new Error('invalid input syntax for type json: "hunter2"'), {
      name: 'DatabaseError',
      code: '22P02',
    });
    expect(reasonOf(refused)).toBe('the handler failed with DatabaseError 22P02; the log has the rest');
    expect(reasonOf(new TypeError('hunter2 is not iterable'))).not.toContain('hunter2');
    expect(reasonOf('hunter2')).not.toContain('hunter2');
  });
});
