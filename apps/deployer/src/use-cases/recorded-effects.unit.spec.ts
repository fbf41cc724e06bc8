import { describe, expect, it } from 'vitest';
import { foldTask } from '../domain/task.state.js';
import type { TaskEvent } from '../domain/task.events.js';
import { withFollowing } from './recorded-effects.js';

const accepted: TaskEvent = {
  type: 'TaskAccepted',
  data: {
    token: 'order-1',
    mode: 'stop',
    appId: 'shop',
    appName: 'Shop',
    service: 'prices',
    source: { blob: 'shop--prices.zip' },
    deadlineAt: '2030-01-01T00:00:00.000Z',
  },
};
const stopped: TaskEvent = { type: 'InstancesStopped', data: { instances: [], phase: 'stop', ms: 3 } };

describe('what is stored in one transaction', () => {
  it('has the end of the task beside its last step, so that no replica can die between them', () => {
    const writes = withFollowing(foldTask([accepted]), { events: [stopped] });
    expect(writes.events.map(({ type }) => type)).toEqual(['InstancesStopped', 'TaskSucceeded']);
    expect(writes.result).toMatchObject({ name: 'prices', status: 'not-running', phases: { stop: 3 } });
  });

  it('is the step alone where the next one touches the world', () => {
    const error = { code: 'NODE_UNREACHABLE', message: 'm', hint: 'h' };
    const failed: TaskEvent = { type: 'StepFailed', data: { step: 'stop-instances', error } };
    expect(withFollowing(foldTask([accepted]), { events: [failed] })).toEqual({ events: [failed] });
  });
});
