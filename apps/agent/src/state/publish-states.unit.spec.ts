import { expect, it } from 'vitest';
import { nodeState, type NodeState } from '#libs/contracts';
import type { Verdict } from '../liveness/domain/verdict.js';
import type { NodeStatus } from '../watch/ports.js';
import { Hour } from './domain/hour.js';
import { NodeStates } from './publish-states.js';

const ALIVE: Verdict = { state: 'alive', since: '2026-01-01T00:00:00.000Z' };
const LOST: Verdict = { state: 'unreachable', reason: 'cut off', since: '2026-01-01T00:01:00.000Z' };
const status = (verdict: Verdict | undefined): NodeStatus => ({
  ...{ node: 'node-1', fence: 4, verdict, topology: undefined, listeningPorts: [20_001] },
  engine: { version: '29', images: 1, imageBytes: 2, layers: 'abcdef' },
  sizes: { cpus: 2, memoryBytes: 10, swapBytes: 0, diskBytes: 9, diskFreeBytes: 5, clockSkewMs: -2 },
});
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function statesUnderTest() {
  const published: NodeState[] = [];
  const recorded: Verdict[] = [];
  const errors: unknown[] = [];
  const world = { nowMs: 0, isValid: true, isOurs: true, isAway: false };
  const states = new NodeStates({
    async publish(state) {
      if (world.isAway) throw new Error('away');
      published.push(nodeState.schema.parse(state));
    },
    publishRemoval: () => Promise.resolve(),
    record: async (_node, _fence, verdict) => (recorded.push(verdict), world.isOurs),
    isValid: () => world.isValid,
    now: () => new Date(world.nowMs),
    onError: (error) => errors.push(error),
  });
  const look = async (verdict: Verdict | undefined, atMs: number): Promise<void> => {
    world.nowMs = atMs;
    states.look(status(verdict));
    await settled();
  };
  return { published, recorded, errors, world, look };
}

it('is sent every ten seconds, and at once on a new verdict', async () => {
  const { published, recorded, look } = statesUnderTest();
  for (let ms = 0; ms <= 20_000; ms += 1_000) await look(ALIVE, ms);
  expect(published.map(({ observedAt }) => Date.parse(observedAt))).toEqual([0, 10_000, 20_000]);
  expect(published[0]?.engine?.layers).toBe('abcdef');
  await look(LOST, 20_500);
  expect(published.at(-1)?.liveness).toEqual({ ...LOST });
  expect(recorded).toEqual([ALIVE, LOST]);
});

it('says nothing before there is a verdict', async () => {
  const { published, look } = statesUnderTest();
  await look(undefined, 0);
  expect(published).toEqual([]);
});

it('a replica whose lease has lapsed sends and stores no verdict', async () => {
  const { published, recorded, world, look } = statesUnderTest();
  world.isValid = false;
  await look(LOST, 0);
  expect([published, recorded]).toEqual([[], []]);
});

it('a verdict is not sent where the database says that the lease is another’s', async () => {
  const { published, world, look } = statesUnderTest();
  world.isOurs = false;
  await look(LOST, 0);
  expect(published).toEqual([]);
});

it('what could not be sent is sent a second later, and said once', async () => {
  const { published, errors, world, look } = statesUnderTest();
  world.isAway = true;
  for (const ms of [0, 1_000, 2_000]) await look(LOST, ms);
  world.isAway = false;
  await look(LOST, 3_000);
  expect(published.map(({ liveness }) => liveness.state)).toEqual(['unreachable']);
  expect(errors).toHaveLength(1);
});

it('the last hour is that of the seconds observed within it', () => {
  const hour = new Hour();
  const at = (n: number, user: number) => ({
    ...{ node: 'n', fence: 1, sequence: n, observedAt: new Date(n * 1_000).toISOString() },
    host: {
      ...{ seconds: 1, cpu: { user, system: 0, iowait: 9, steal: 0 }, load1: 0 },
      ...{ memoryAvailableBytes: 4, swapUsedBytes: 0 },
    },
    sizes: { cpus: 2, memoryBytes: 10, swapBytes: 0 },
    instances: new Map(),
    others: { count: 0, cpu: 0, memoryBytes: 0 },
  });
  expect(hour.figures(0)).toBeUndefined();
  for (let n = 0; n < 9_000; n += 1) hour.add(at(n, n < 7_000 ? 5 : n < 8_900 ? 1 : 2));
  expect(hour.figures(12_600_000)).toBeUndefined();
  expect(hour.figures(8_999_000)).toEqual({
    seconds: 3_600,
    cpu: { p50: 1, p95: 5, max: 5 },
    memoryBytes: { p50: 6, p95: 6, max: 6 },
    others: { cpu: { p50: 1, p95: 5, max: 5 }, memoryBytes: { p50: 6, p95: 6, max: 6 } },
  });
  // The last two minutes have 20 s of the lower load.
  expect(hour.lastMinutes(8_999_000)).toEqual({ seconds: 120, othersCpu: { p50: 2, p95: 2, max: 2 } });
  expect(hour.lastMinutes(9_200_000)).toBeUndefined();
});

it('what others used is the use of the node without that of the instances, but for seconds with a gap', () => {
  const hour = new Hour();
  const usage = { cpu: 2, memoryBytes: 1 };
  const at = (n: number, of: typeof usage | null) => ({
    ...{ node: 'n', fence: 1, sequence: n, observedAt: new Date(n * 1_000).toISOString() },
    host: {
      ...{ seconds: 1, cpu: { user: 2.5, system: 0, iowait: 0, steal: 0 }, load1: 0 },
      ...{ memoryAvailableBytes: 4, swapUsedBytes: 0 },
    },
    sizes: { cpus: 4, memoryBytes: 10, swapBytes: 0 },
    instances: new Map([
      [
        'one',
        { instance: 'one', identity: { container: 'c', appId: 'a', service: 's', release: 'r' }, usage: of },
      ],
    ]),
    others: { count: 0, cpu: 0, memoryBytes: 0 },
  });
  hour.add(at(1, null));
  expect(hour.figures(1_000)).toMatchObject({ cpu: { p50: 2.5 } });
  expect(hour.figures(1_000)).not.toHaveProperty('others');
  expect(hour.lastMinutes(1_000)).toBeUndefined();
  for (let n = 2; n <= 10; n += 1) hour.add(at(n, usage));
  expect(hour.figures(10_000)?.others).toEqual({
    cpu: { p50: 0.5, p95: 0.5, max: 0.5 },
    memoryBytes: { p50: 5, p95: 5, max: 5 },
  });
  expect(hour.lastMinutes(10_000)).toEqual({ seconds: 9, othersCpu: { p50: 0.5, p95: 0.5, max: 0.5 } });
});
