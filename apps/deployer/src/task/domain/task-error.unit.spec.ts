import { describe, expect, it } from 'vitest';
import { StepError, toTaskError } from './task-error.js';

describe('errors of a step', () => {
  it('keeps code, hint and log tail of a coded error', () => {
    const error = new StepError({ code: 'CONTAINER_EXITED', message: 'gone', hint: 'read', logTail: 'boom' });
    expect(toTaskError('probe-instance', error)).toEqual({
      code: 'CONTAINER_EXITED',
      message: 'gone',
      hint: 'read',
      logTail: 'boom',
    });
  });

  it("keeps a log's tail that is a list of lines (a failed build had none)", () => {
    const logTail = ['pip install', 'no such package'];
    const error = Object.assign(new Error('failed'), { code: 'BUILD_FAILED', hint: 'read', logTail });
    expect(toTaskError('build-image', error).logTail).toBe('pip install\nno such package');
    expect(toTaskError('build-image', { ...error, logTail: [] }).logTail).toBeUndefined();
  });

  it('one large reply stopped the outbox: message and log tail are cut, and the log keeps its end', () => {
    const logTail = Array.from({ length: 50 }, (_, n) => `${n} ${'x'.repeat(16 * 1024)}`);
    const error = Object.assign(new Error('y'.repeat(2e6)), { code: 'BUILD_FAILED', hint: 'read', logTail });
    const told = toTaskError('build-image', error);
    expect(Buffer.byteLength(JSON.stringify(told))).toBeLessThan(26 * 1024);
    expect(told.logTail).toMatch(/^\(\d+ bytes before this are left out\)\nx+$/);
    expect(told.message).toMatch(/^y+\.\.\. \(\d+ bytes more\)$/);
  });

  it('a NUL in a log made a task repeat until its deadline: none is left in message or log', () => {
    const error = new StepError({ code: 'TEST', message: 'a\0\uD800', hint: 'h', logTail: 'b\0\uDC00' });
    expect(toTaskError('probe-instance', error)).toMatchObject({ message: 'a\uFFFD', logTail: 'b\uFFFD' });
    expect(toTaskError('probe-instance', new TypeError('c\0')).message).toBe('probe-instance: c');
  });

  it('names the step where a lower layer knows only its own trouble', () => {
    const lower = Object.assign(new Error('no such host'), { code: 'ENGINE_UNREACHABLE', hint: 'look' });
    expect(toTaskError('pull-image', lower).code).toBe('NODE_UNREACHABLE');
    expect(toTaskError('stop-instance', lower).code).toBe('NODE_UNREACHABLE');
    expect(toTaskError('push-image', lower).code).toBe('PUSH_FAILED');
  });

  it.each(['pull', 'push'])(
    'a %s without progress was called failed: it says that its time is over',
    (phase) => {
      const error = new StepError({ code: `${phase.toUpperCase()}_TIMEOUT`, message: 'm', hint: 'h' });
      expect(toTaskError(`${phase}-image`, error).code).toBe(error.code);
    },
  );

  it('calls an unexpected error INTERNAL and never throws it away', () => {
    expect(toTaskError('build-image', new TypeError('x is undefined'))).toMatchObject({
      code: 'INTERNAL',
      message: 'build-image: x is undefined',
    });
    expect(toTaskError('build-image', 'a string')).toMatchObject({
      code: 'INTERNAL',
      message: 'build-image: a string',
    });
  });
});
