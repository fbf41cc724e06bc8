import { expect, it } from 'vitest';
import type { ObservedNode } from '#libs/observations';
import { AppliedLimits } from './applied-limits.js';

const MIB = 1_048_576;
const BEGIN = Date.parse('2026-01-01T00:00:00.000Z');
const time = (ms: number): string => new Date(BEGIN + ms).toISOString();

type Limits = { readonly cpus?: number; readonly memoryBytes?: number };
const second = (ms: number, limits?: Limits, container = 'c1'): ObservedNode =>
  ({
    ...{ node: 'node-1', observedAt: time(ms) },
    instances: new Map([
      [
        'shop-web-1',
        {
          instance: 'shop-web-1',
          identity: { container, appId: 'shop', service: 'web', release: 'r1' },
          usage: null,
          ...(limits && { details: { limits, restarts: 0 } }),
        },
      ],
    ]),
  }) as unknown as ObservedNode;

const answer = (ms: number, cpus: number) => ({
  ...{ request: 'r', node: 'node-1', at: time(ms) },
  changes: [{ instance: 'shop-web-1', applied: { cpus, memoryBytes: 64 * MIB } }],
});

it('knows no limit that nobody has told, and asks for it once', () => {
  const applied = new AppliedLimits();
  applied.seen(second(0));
  expect(applied.of('shop-web-1')).toBeUndefined();
  expect(applied.takeDoubts('node-1')).toEqual(['shop-web-1']);
  expect(applied.takeDoubts('node-1')).toEqual([]);
});

it('believes a first second, and an answer over what seconds told before it', () => {
  const applied = new AppliedLimits();
  applied.seen(second(0, { cpus: 0.25, memoryBytes: 64 * MIB }));
  expect(applied.of('shop-web-1')).toEqual({ cpu: 25, memory: 64 * MIB });
  applied.takeDoubts('node-1');
  applied.answered(answer(1_000, 0.5));
  applied.seen(second(2_000, { cpus: 0.25, memoryBytes: 64 * MIB }));
  expect([applied.of('shop-web-1')?.cpu, applied.takeDoubts('node-1')]).toEqual([50, []]);
});

it('asks anew where a second tells something else than is known: somebody has changed it by hand', () => {
  const applied = new AppliedLimits();
  applied.seen(second(0, { cpus: 0.25, memoryBytes: 64 * MIB }));
  applied.answered(answer(1_000, 0.5));
  applied.seen(second(12_000, { cpus: 2, memoryBytes: 64 * MIB }));
  expect(applied.takeDoubts('node-1')).toEqual(['shop-web-1']);
  expect(applied.of('shop-web-1')?.cpu).toBe(50);
  applied.answered(answer(12_500, 2));
  expect(applied.of('shop-web-1')?.cpu).toBe(200);
});

it('a container that is another one under the same name has limits of its own', () => {
  const applied = new AppliedLimits();
  applied.seen(second(0, { cpus: 0.25, memoryBytes: 64 * MIB }));
  applied.takeDoubts('node-1');
  applied.seen(second(5_000, undefined, 'c2'));
  expect([applied.of('shop-web-1'), applied.takeDoubts('node-1')]).toEqual([undefined, ['shop-web-1']]);
});

it('forgets what is gone', () => {
  const applied = new AppliedLimits();
  applied.seen(second(0, { cpus: 0.25 }));
  applied.seen({ ...second(1_000), instances: new Map() });
  expect(applied.of('shop-web-1')).toBeUndefined();
});
