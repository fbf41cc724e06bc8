import { describe, expect, it } from 'vitest';
import { lastOfLog } from './platform-log.js';

const entry = (level: string, msg: string, err?: { message: string }): string =>
  JSON.stringify({ level, time: '2026-01-01T00:00:00.000Z', app: 'deployer', msg, err });

describe('the end of a log', () => {
  it('is its last warnings, errors and plain lines, each on a line', () => {
    const log = [
      entry('info', 'started'),
      entry('warn', 'a broker does not answer', { message: 'connect ECONNREFUSED' }),
      entry('info', 'reading'),
      'Cannot connect to DATABASE_URL',
      '',
    ].join('\n');
    expect(lastOfLog(log)).toEqual([
      '2026-01-01T00:00:00.000Z warn deployer: a broker does not answer: connect ECONNREFUSED',
      'Cannot connect to DATABASE_URL',
    ]);
  });

  it('is what was done last when nothing went wrong', () => {
    const log = Array.from({ length: 9 }, (_, n) => entry('info', `step ${n}`)).join('\n');
    const last = [4, 5, 6, 7, 8].map((n) => `2026-01-01T00:00:00.000Z info deployer: step ${n}`);
    expect(lastOfLog(log)).toEqual(last);
  });

  it('is not long, and takes a line that was cut off', () => {
    const log = `${Array.from({ length: 40 }, (_, n) => `line ${n}`).join('\n')}\n{"level":"info","msg`;
    expect(lastOfLog(log)).toHaveLength(15);
    expect(lastOfLog(log).at(-1)).toBe('{"level":"info","msg');
  });
});
