import { expect, it } from 'vitest';
import type { ContainerStructure } from '../structures/domain/structure.js';
import { coreMapOf } from './pinned-host.js';

const container = (cpuset: string): ContainerStructure => ({
  ...{ id: 'web-1', host: 'node-1', application: 'shop', resources: {}, isRunning: true },
  ...{ guarded: true, policy: 'slo', cpuset },
});

it('the cores of a host are those that its containers may use before they are pinned', () => {
  const map = coreMapOf({ order: 'Group_PP_LL', cpus: 2, containers: [container('2-3')] });
  expect(map?.order).toEqual([2, 3]);
  expect(map?.cores[2]).toEqual({ free: 100, held: {} });
});

it('nothing is pinned until all cores are known, nor where nobody said so', () => {
  expect(coreMapOf({ order: 'Group_PP_LL', cpus: 4, containers: [container('2-3')] })).toBeUndefined();
  expect(coreMapOf({ order: 'Group_PP_LL', containers: [container('2-3')] })).toBeUndefined();
  expect(coreMapOf({ cpus: 2, containers: [container('2-3')] })).toBeUndefined();
});
