import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { NodeObservation } from '#libs/contracts';
import { NodeObservations, type ObservedNode } from '#libs/observations';
import { ObservationSender } from './send-observations.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const second = (sequence: number, changes: Partial<ObservedNode> = {}): ObservedNode => ({
  ...{ node: 'node-1', fence: 1, sequence, observedAt: new Date(0).toISOString() },
  host: {
    ...{ seconds: 1, cpu: { user: 0, system: 0, iowait: 0, steal: 0 }, load1: 0 },
    ...{ memoryAvailableBytes: 0, swapUsedBytes: 0 },
  },
  instances: new Map(),
  others: { count: 0, cpu: 0, memoryBytes: 0 },
  ...changes,
});

/** Brokers that take what comes, take nothing, or do not answer. */
function broker() {
  const taken: NodeObservation[] = [];
  const sends: number[] = [];
  let dropped = 0;
  const state: { answer: () => Promise<void> } = { answer: () => Promise.resolve() };
  const sender = new ObservationSender({
    async publish(observations) {
      sends.push(observations.length);
      await state.answer();
      taken.push(...observations);
    },
    onDropped: (count) => (dropped += count),
  });
  return { taken, sends, sender, state, dropped: () => dropped };
}
const gathered = (): Promise<unknown> => vi.advanceTimersByTimeAsync(100);

it('sends every tenth message whole, the others as deltas', async () => {
  const { sender, taken } = broker();
  for (let n = 1; n <= 25; n += 1) {
    sender.offer(second(n));
    await gathered();
  }
  expect(taken.filter(({ since }) => since === undefined).map(({ sequence }) => sequence)).toEqual([
    1, 10, 20,
  ]);
  expect(taken.find(({ sequence }) => sequence === 14)?.since).toBe(13);
});

it('sends a whole one after a tenth that was a gap', async () => {
  const { sender, taken } = broker();
  for (const n of [9, 11, 12]) {
    sender.offer(second(n));
    await gathered();
  }
  expect(taken.map(({ since }) => since)).toEqual([undefined, undefined, 11]);
});

it('sends what several nodes did together', async () => {
  const { sender, sends } = broker();
  for (const node of ['a', 'b', 'c']) sender.offer(second(1, { node }));
  await gathered();
  expect(sends).toEqual([3]);
});

it('while the brokers do not answer only the newest second of each node waits; the others are gaps', async () => {
  const { sender, taken, state, dropped } = broker();
  let answer = (): void => undefined;
  state.answer = () => new Promise((resolve) => (answer = resolve));
  for (let n = 1; n <= 30; n += 1) {
    sender.offer(second(n));
    await gathered();
  }
  state.answer = () => Promise.resolve();
  answer();
  await gathered();
  expect(taken.map(({ sequence }) => sequence)).toEqual([1, 30]);
  expect(dropped()).toBe(28);
});

it('after a send that failed the next message is whole, so that readers know a gap and no wrong figure', async () => {
  const { sender, taken, state } = broker();
  const reader = new NodeObservations();
  sender.offer(second(1));
  await gathered();
  state.answer = () => Promise.reject(new Error('away'));
  sender.offer(second(2));
  await gathered();
  state.answer = () => Promise.resolve();
  sender.offer(second(3));
  await gathered();
  expect(taken.map((message) => reader.take(message))).toMatchObject([
    { kind: 'observed', missed: 0 },
    { kind: 'observed', missed: 1 },
  ]);
});

it('brokers that do not answer held up the end of a replica', async () => {
  const { sender, state } = broker();
  state.answer = () => new Promise(() => undefined);
  sender.offer(second(1));
  await gathered();
  const ended = sender.stop();
  await vi.advanceTimersByTimeAsync(1_000);
  await expect(ended).resolves.toBeUndefined();
});

it('the next holder of a node begins with a whole message', async () => {
  const { sender, taken } = broker();
  for (const fence of [1, 2]) {
    sender.offer(second(5, { fence }));
    await gathered();
  }
  expect(taken.map(({ since }) => since)).toEqual([undefined, undefined]);
});
