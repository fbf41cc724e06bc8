import { describe, expect, it } from 'vitest';
import {
  afterEvent,
  afterInspection,
  afterList,
  type Containers,
  type InspectedContainer,
} from './containers.js';

const ours = { 'slipway.app': 'shop', 'slipway.service': 'web', 'slipway.release': 'r1' };
const found = (changes: Partial<InspectedContainer> = {}): InspectedContainer => ({
  ...{
    id: 'one',
    name: 'shop-web-1',
    running: true,
    pid: 41,
    restartCount: 2,
    health: undefined,
    labels: ours,
  },
  ...changes,
});
const known: Containers = afterInspection(new Map(), 'one', found());

describe('the containers of a node', () => {
  it('are instances by the labels of the deployer', () => {
    expect(known.get('one')).toEqual({
      ...{ id: 'one', name: 'shop-web-1', pid: 41, restarts: 2 },
      instance: { appId: 'shop', service: 'web', release: 'r1' },
    });
  });

  it('are asked for peaks where their service asks for it, and strangers never', () => {
    const peaks = { 'slipway.cpu-peaks': 'true' };
    const asked = (labels: Readonly<Record<string, string>>) =>
      afterInspection(new Map(), 'one', found({ labels })).get('one')?.peaks;
    expect([asked({ ...ours, ...peaks }), asked(ours), asked(peaks)]).toEqual([true, undefined, undefined]);
  });

  it.each([
    ['without labels', {}],
    ['of an image that was built here', { 'slipway.app': 'shop', 'slipway.service': 'web' }],
  ])('%s are strangers', (_what, labels) => {
    expect(afterInspection(new Map(), 'one', found({ labels })).get('one')).not.toHaveProperty('instance');
  });

  it.each([
    ['that is gone', undefined],
    ['that has ended', found({ running: false })],
    ['that is between two runs', found({ pid: 0 })],
  ])('one %s is left out', (_what, answer) => {
    expect(afterInspection(known, 'one', answer).size).toBe(0);
  });

  it.each(['die', 'destroy', 'died', 'remove'])('one is left out at %s, without a question', (action) => {
    expect(afterEvent(known, { id: 'one', action })).toEqual({ containers: new Map(), mustInspect: false });
  });

  it.each(['start', 'update', 'oom', 'rename'])('one is asked for at %s', (action) => {
    expect(afterEvent(known, { id: 'one', action })).toEqual({ containers: known, mustInspect: true });
  });

  it('its health comes with the event', () => {
    const { containers, mustInspect } = afterEvent(known, { id: 'one', action: 'health_status: unhealthy' });
    expect([containers.get('one')?.health, mustInspect]).toEqual(['unhealthy', false]);
  });

  it.each(['exec_start: sh', 'attach', 'top', 'kill'])('%s changes nothing', (action) => {
    expect(afterEvent(known, { id: 'one', action })).toEqual({ containers: known, mustInspect: false });
  });

  it('a whole list brings those that no event told of, and ends those that are not on it', () => {
    expect(afterList(known, ['two'])).toEqual({ containers: new Map(), toInspect: ['two'] });
    expect(afterList(known, ['one', 'two'])).toEqual({ containers: known, toInspect: ['two'] });
  });
});
