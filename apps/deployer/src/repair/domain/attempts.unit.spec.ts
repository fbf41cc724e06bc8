import { expect, it } from 'vitest';
import { attemptsOf, isNoAttempt } from './attempts.js';
import { toTaskError } from '../../task/domain/task-error.js';

const repair = { attempts: 3, uncounted: 2, lastAt: 7 };
const failed = (code: string) => ({ code, message: 'm' });

it('no place is no attempt: it is counted apart', () => {
  const error = failed('NO_NODE');
  expect(attemptsOf({ ...repair, error })).toEqual({ count: 2, uncounted: 3, lastAt: 7, error });
});

it.each(['REGISTRY_UNREACHABLE', 'PULL_TIMEOUT', 'NODE_UNREACHABLE'])(
  'an outage of the image registry or of a node uses up no attempt: %s',
  (code) => {
    const error = failed(code);
    expect(attemptsOf({ ...repair, error })).toEqual({ count: 2, uncounted: 3, lastAt: 7, error });
  },
);

it('a repair that found a node counts, whether it failed or not', () => {
  const error = failed('HEALTH_TIMEOUT');
  expect(attemptsOf({ ...repair, error })).toEqual({ count: 3, uncounted: 0, lastAt: 7, error });
  expect(attemptsOf({ ...repair, error: null })).toEqual({ count: 3, uncounted: 0, lastAt: 7 });
});

/** Whether a pull that throws this code is an attempt. */
const isAttempt = (code: string): boolean =>
  !isNoAttempt(toTaskError('pull-image', Object.assign(new Error('m'), { code, hint: 'h' })));

it.each(['IMAGE_NOT_FOUND', 'REGISTRY_DENIED', 'NO_SPACE', 'ENGINE_FAILED'])(
  'a pull that no waiting mends was tried without end and never given up: %s is an attempt',
  (code) => expect(isAttempt(code)).toBe(true),
);

it.each(['REGISTRY_UNREACHABLE', 'ENGINE_UNREACHABLE', 'PULL_TIMEOUT'])(
  'a pull of which somebody does not answer is no attempt: %s',
  (code) => expect(isAttempt(code)).toBe(false),
);
