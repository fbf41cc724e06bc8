import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeState } from '#libs/contracts';
import { FleetNode } from './fleet-node.js';
import { LayerSet } from './layer-set.js';
import { measuredOf } from './measured.js';
import { place } from './place.js';
import { candidate as node, wish } from './place.testing.js';
import { freeCpu, freeMemory, takenByOthers } from './room.js';
import { busyness } from './terms/headroom.js';

const machine = { cpu: 2, memoryMiB: 2_000 };
const others = (cpu: number, memoryMiB: number) => ({ measured: { machine, others: { cpu, memoryMiB } } });
const amount = fc.double({ min: 0, max: 10, noNaN: true });
const reasonOf = (candidate: ReturnType<typeof node>, changes: Parameters<typeof wish>[0] = {}) =>
  place(wish(changes), [candidate]).refusals?.[0]?.reason;

describe('memory that others use', () => {
  it('an instance was placed where reservations left room and the machine had none', () => {
    expect(reasonOf(node('a', others(0, 1_600)))).toBe(
      'not enough memory: needed 500, used 0 of 2000 MiB, and other programs use 1600 MiB',
    );
    const { explanation } = place(wish(), [node('a', others(0, 1_600))]);
    expect(explanation.refused[0]?.missing).toBe('needs 500 MiB, best free 400 on a');
    expect(reasonOf(node('a', others(0, 1_500)))).toBeUndefined();
  });

  it('is no loss as far as the owner of the node keeps it for them', () => {
    const kept = node('a', { ...others(0.5, 600), total: { cpu: 1.5, memoryMiB: 1_500 } });
    expect([takenByOthers(kept, 'cpu'), takenByOthers(kept, 'memoryMiB')]).toEqual([0, 100]);
    expect([busyness(kept), freeMemory(kept)]).toEqual([0, 1_400]);
  });

  it('never fits together with what is reserved into more than the machine; more of it never leaves more room', () => {
    const memory = fc.integer({ min: 0, max: 3_000 });
    fc.assert(
      fc.property(memory, memory, memory, memory, (kept, reserved, used, more) => {
        const total = { cpu: 2, memoryMiB: 2_000 - Math.min(kept, 1_999) };
        const of = (memoryMiB: number) =>
          freeMemory(node('a', { total, reserved: { memoryMiB: reserved }, ...others(0, memoryMiB) }));
        expect(of(used + more)).toBeLessThanOrEqual(of(used));
        expect(of(used)).toBeLessThanOrEqual(total.memoryMiB - reserved);
        expect(of(used) + reserved + used).toBeLessThanOrEqual(Math.max(2_000, total.memoryMiB));
      }),
    );
  });
});

describe('busyness', () => {
  it('is 0 to 1, rises with what others use, and is unknown where that is not measured', () => {
    fc.assert(
      fc.property(amount, amount, (used, more) => {
        const of = (cpu: number): number => busyness(node('a', others(cpu, 0))) ?? Number.NaN;
        expect(of(used)).toBeGreaterThanOrEqual(0);
        expect(of(used)).toBeLessThanOrEqual(of(used + more));
        expect(of(used + more)).toBeLessThanOrEqual(1);
      }),
    );
    expect(busyness(node('a', { measured: { machine } }))).toBeUndefined();
    expect(busyness(node('a'))).toBeUndefined();
  });
});

describe('CPU that is reserved and not used', () => {
  const full = { reserved: { cpu: 2 }, overcommit: 2, youngCpu: 0 };
  const using = (usedCpu?: number) => ({ measured: { machine, ...(usedCpu !== undefined && { usedCpu }) } });

  it('is reserved again only where it is allowed and the use is known, up to the bound', () => {
    expect(freeCpu(node('a', { ...full, ...using(0.5) }))).toBe(1.5);
    expect(freeCpu(node('a', { ...full, ...using(0.5), overcommit: 1.25 }))).toBe(0.5);
    expect(freeCpu(node('a', { ...full, ...using() }))).toBe(0);
    expect(freeCpu(node('a', full))).toBe(0);
    expect(freeCpu(node('a', { reserved: { cpu: 2 }, ...using(0.5) }))).toBe(0);
    expect(reasonOf(node('a', { ...full, ...using(1.8) }))).toBe(
      'not enough CPU: needed 0.5, used 2 (1.8 measured) of 2 cores, and at most 4 by measured use',
    );
  });

  it('is not reserved again and again: each instance counts in full until its use is measured', () => {
    const fleetNode = new FleetNode(node('a', { ...full, ...using(0.5) }));
    for (const free of [1, 0.5, 0]) {
      fleetNode.change({ service: 'shop/web', cpu: 0.5, memoryMiB: 1 }, 1);
      expect(freeCpu(fleetNode)).toBe(free);
    }
  });

  it('never exceeds the bound, falls with each reservation, and is never less than without overcommitment', () => {
    const factor = fc.double({ min: 1, max: 10, noNaN: true });
    fc.assert(
      fc.property(amount, amount, amount, factor, amount, (reserved, used, young, overcommit, taken) => {
        const of = (overcommit: number | undefined, more: number): number =>
          freeCpu(
            node('a', {
              ...using(used),
              ...{ reserved: { cpu: reserved + more }, youngCpu: young + more, overcommit },
            }),
          );
        expect(of(overcommit, 0)).toBeGreaterThanOrEqual(of(undefined, 0));
        expect(of(overcommit, taken)).toBeLessThanOrEqual(of(overcommit, 0) - taken + 1e-9);
        expect(of(overcommit, 0) + reserved).toBeLessThanOrEqual(Math.max(2 * overcommit, 2) + 1e-9);
      }),
    );
  });
});

describe('ports at which something listens', () => {
  const listening = (...ports: readonly number[]) => ({ measured: { listening: new Set(ports) } });
  const portOf = (changes: Parameters<typeof node>[1]) => place(wish(), [node('a', changes)]).place?.port;

  it("a stranger's port was handed out, and the start found it taken", () => {
    expect(portOf(listening(20_000))).toBe(20_001);
    expect(reasonOf(node('a', { ...listening(20_000, 20_001), takenPorts: new Set([20_001, 20_002]) }))).toBe(
      'no free port: 3 of 20000-20002 are taken, 1 of them by other programs',
    );
    expect(reasonOf(node('a', listening(20_000, 20_001, 20_002)), { needsPort: false })).toBeUndefined();
  });

  it('of an instance that ended since they were looked at are free', () => {
    const three = listening(20_000, 20_001, 20_002);
    expect(portOf({ ...three, endedPorts: new Set([20_001]) })).toBe(20_001);
    expect(portOf(three)).toBeUndefined();
  });
});

it('of a state, what is not known is left out, and half an hour at least is an hour', () => {
  const state = nodeState.schema.parse(nodeState.example);
  expect(measuredOf(state)).toEqual({
    machine: { cpu: 4, memoryMiB: 8_192 },
    usedCpu: 2.4,
    others: { cpu: 0.2, memoryMiB: 1_229 },
    listening: new Set([20_000, 20_001, 20_117]),
    freeDisk: expect.closeTo(62.42, 2) as number,
    layers: new LayerSet('q83vEjRWeJqr'),
  });
  const { node: name, fence, observedAt, liveness } = state;
  expect(measuredOf({ node: name, fence, observedAt, liveness })).toEqual({});
  const lastHour = { ...state.lastHour!, seconds: 1_799 };
  expect(measuredOf({ ...state, lastHour })).not.toHaveProperty('usedCpu');
});

it('a node that had just become busy was an idle one until half of the hour was over', () => {
  const state = nodeState.schema.parse(nodeState.example);
  const cpuWith = (seconds: number, p50: number) =>
    measuredOf({ ...state, lastMinutes: { seconds, othersCpu: { p50, p95: p50, max: p50 } } }).others?.cpu;
  expect(cpuWith(60, 3)).toBe(3);
  expect(cpuWith(60, 0)).toBe(0.1);
  expect(cpuWith(59, 3)).toBe(0.1);
});

describe('the disk of a node', () => {
  const state = (diskFreeBytes: number, diskBytes: number) =>
    measuredOf({
      ...nodeState.schema.parse(nodeState.example),
      ...{ diskFreeBytes, sizes: { cpus: 2, memoryBytes: 1, diskBytes } },
    }).freeDisk;

  it('has a twentieth that no image takes, and 2 GB at most', () => {
    expect(state(5e9, 10e9)).toBe(4.5);
    expect(state(300e9, 1_000e9)).toBe(298);
    expect(state(0.1e9, 10e9)).toBe(0);
  });

  it('is not known where its size or what is free was not measured', () => {
    const { diskFreeBytes: _, ...unknown } = nodeState.schema.parse(nodeState.example);
    expect(measuredOf(unknown).freeDisk).toBeUndefined();
  });

  it('layers that are told again are the same object: nothing is counted anew', () => {
    const example = nodeState.schema.parse(nodeState.example);
    const { engine, ...silent } = example;
    const first = measuredOf(example);
    expect(first.layers?.names).toBe(engine?.layers);
    expect(measuredOf(example, first).layers).toBe(first.layers);
    expect(measuredOf({ ...example, engine: { ...engine!, layers: 'AAAAAA' } }, first).layers).not.toBe(
      first.layers,
    );
    expect(measuredOf(silent, first).layers).toBeUndefined();
  });
});
