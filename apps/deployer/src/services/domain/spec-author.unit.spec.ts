import { describe, expect, it } from 'vitest';
import { foldTask } from '../../task/domain/task.state.js';
import type { TaskEvent } from '../../task/domain/task.events.js';
import { accepted } from '../../task/domain/task.testing.js';
import { authorAfterFailure, authorOfTask } from './spec-author.js';

const cancelled = { code: 'CANCELLED', message: 'm', hint: 'h' };
const failedBy = (data: Extract<TaskEvent, { type: 'StepFailed' }>['data']) =>
  foldTask([accepted({ mode: 'stop', principal: 'ada', verified: true }), { type: 'StepFailed', data }]);

it('a change is its request’s, or of nobody that is known', () => {
  const asked = { principal: 'ada', verified: true, reason: 'sale' };
  expect(authorOfTask(foldTask([accepted(asked)]))).toEqual(asked);
  expect(authorOfTask(foldTask([accepted({})]))).toEqual({ principal: 'unknown', verified: false });
});

describe('what takes a change back', () => {
  it('was attributed to slipway also where a person cancelled: it is attributed to that person', () => {
    const cancelledBy = { principal: 'bob', verified: false };
    expect(
      authorAfterFailure(failedBy({ step: 'request', error: cancelled, cancelledBy }), cancelled),
    ).toEqual({ ...cancelledBy, reason: 'CANCELLED' });
  });

  it('is of nobody that is known where the cancel does not say', () => {
    expect(authorAfterFailure(failedBy({ step: 'request', error: cancelled }), cancelled)).toEqual({
      ...{ principal: 'unknown', verified: false, reason: 'CANCELLED' },
    });
  });

  it('is of slipway where the task failed', () => {
    const error = { ...cancelled, code: 'HEALTH_TIMEOUT' };
    expect(authorAfterFailure(failedBy({ step: 'probe-instance', error }), error)).toEqual({
      ...{ principal: 'slipway', verified: true, reason: 'HEALTH_TIMEOUT' },
    });
  });
});
