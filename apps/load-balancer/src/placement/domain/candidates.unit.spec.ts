import { describe, expect, it } from 'vitest';
import { candidatesOf, type EnrolledNode } from './candidates.js';
import { NOTHING_RESERVED } from './place.js';

const node = (name: string): EnrolledNode => ({
  ...{ name, state: 'ready', allocatableCpus: 2, allocatableMemoryBytes: 2_000 * 1_048_576 + 1 },
  ...{ firstPort: 20_000, lastPort: 20_009, labels: { disk: 'ssd' }, zone: null },
  architecture: null,
});
const onNode = { appId: 'shop', cpu: 0.5, memoryMiB: 100, youngCpu: 0.25 };
const NOTHING_KNOWN = { takenPorts: new Set(), endedPorts: new Set(), instances: new Map(), youngCpu: 0 };

describe('candidates', () => {
  it('are all enrolled nodes, in whole mebibytes, with what is reserved on each', () => {
    const web = { ...onNode, node: 'b', service: 'web', instances: 2, takenPorts: [20_000, 20_003] };
    const db = { ...onNode, node: 'b', service: 'db', instances: 1, takenPorts: [] };
    const rest = {
      ...{ state: 'ready', firstPort: 20_000, lastPort: 20_009, labels: { disk: 'ssd' } },
      total: { cpu: 2, memoryMiB: 2_000 },
    };
    const ports = [{ node: 'b', portBefore: 20_003, foundTaken: [20_005], endedPorts: [20_007] }];
    expect(
      candidatesOf([node('a'), { ...node('b'), zone: 'eu-1', architecture: 'aarch64' }], [web, db], ports),
    ).toEqual([
      { name: 'a', ...rest, reserved: NOTHING_RESERVED, ...NOTHING_KNOWN },
      {
        ...{ name: 'b', ...rest, zone: 'eu-1', architecture: 'arm64', reserved: { cpu: 1, memoryMiB: 200 } },
        takenPorts: new Set([20_000, 20_003, 20_005]),
        ...{ portBefore: 20_003, endedPorts: new Set([20_007]), youngCpu: 0.5 },
        instances: new Map([
          ['shop/web', { count: 2, cpu: 0.5, memoryMiB: 100 }],
          ['shop/db', { count: 1, cpu: 0.5, memoryMiB: 100 }],
        ]),
      },
    ]);
  });

  it('are none of the nodes that are enrolled no more, whatever is reserved on them', () => {
    const reserved = { ...onNode, node: 'gone', service: 'web', instances: 1, takenPorts: [1] };
    expect(candidatesOf([node('a')], [reserved]).map(({ name }) => name)).toEqual(['a']);
    const removed = { ...node('b'), state: 'gone' };
    expect(candidatesOf([node('a'), removed], []).map(({ name }) => name)).toEqual(['a']);
  });
});
