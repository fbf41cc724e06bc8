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

  it('names the step where a lower layer knows only its own trouble', () => {
    const lower = Object.assign(new Error('no such host'), { code: 'ENGINE_UNREACHABLE', hint: 'look' });
    expect(toTaskError('pull-image', lower).code).toBe('NODE_UNREACHABLE');
    expect(toTaskError('stop-instance', lower).code).toBe('NODE_UNREACHABLE');
    expect(toTaskError('push-image', lower).code).toBe('PUSH_FAILED');
  });

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
