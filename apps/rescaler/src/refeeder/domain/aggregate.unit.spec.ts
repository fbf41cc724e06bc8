import { describe, expect, it } from 'vitest';
import { containerOf, stateOf } from '../../structures/domain/structures.testing.js';
import { aggregateContainers, refedApplications, refedUsers } from './aggregate.js';

const cpu = (current: number, usage?: number) => ({
  cpu: { current, ...(usage !== undefined && { usage }) },
});
const application = {
  ...{ id: 'shop', containers: ['a', 'b'], state: 'stopped' as const, rebalanced: true },
  resources: { cpu: stateOf({ max: 400, current: 7 }) },
};

describe('aggregates', () => {
  it('are the sums of what runs', () => {
    const containers = [
      containerOf('a', { resources: cpu(100, 40) }),
      containerOf('b', { resources: cpu(60, 20) }),
      containerOf('c', { resources: cpu(500, 1), isRunning: false }),
    ];
    expect(aggregateContainers(containers).cpu).toEqual({ current: 160, usage: 60, known: 2, members: 2 });
    const [refed] = refedApplications([application], containers);
    expect(refed).toMatchObject({
      state: 'running',
      resources: { cpu: { current: 160, usage: 60, max: 400 } },
    });
    const user = { id: 'u', applications: ['shop'], resources: { cpu: stateOf({ max: 900 }) } };
    expect(refedUsers([user], refed === undefined ? [] : [refed])[0]?.resources.cpu).toMatchObject({
      current: 160,
      usage: 60,
      max: 900,
    });
  });

  it('6: missing data counted as usage -1: without one figure a sum has none', () => {
    const containers = [
      containerOf('a', { resources: cpu(100, 40) }),
      containerOf('b', { resources: cpu(60) }),
    ];
    expect(aggregateContainers(containers).cpu).toEqual({ current: 160, known: 1, members: 2 });
    expect(refedApplications([application], containers)[0]?.resources.cpu).not.toHaveProperty('usage');
  });

  it('of nothing that runs are 0, which is known', () => {
    const stopped = [containerOf('a', { resources: cpu(100, 40), isRunning: false })];
    expect(refedApplications([application], stopped)[0]).toMatchObject({
      state: 'stopped',
      resources: { cpu: { current: 0, usage: 0 } },
    });
  });
});
