import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import './kafkajs-request-queue.js';

interface Pushed {
  readonly entry: { readonly correlationId: number; resolve(): void; reject(): void };
  readonly expectResponse: boolean;
  sendRequest(): void;
}

interface Queue {
  readonly pending: unknown[];
  throttledUntil: number;
  push(request: Pushed): void;
  createSocketRequest(request: Pushed): unknown;
  scheduleCheckPendingRequests(): void;
  fulfillRequest(response: { correlationId: number; payload: Buffer; size: number }): void;
  maybeThrottle(ms: number): void;
  rejectAll(error: Error): void;
  destroy(): void;
}

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (
  options: object,
) => Queue;

const noop = () => undefined;
let sent: { id: number; at: number }[];
let warnings: string[];
let queue: Queue;
const keepWarning = (warning: Error) => void warnings.push(warning.name);

function queueOf(maxInFlightRequests: number | null): Queue {
  const logger = { debug: noop, info: noop, warn: noop, error: noop };
  const limits = { maxInFlightRequests, requestTimeout: 1_000, enforceRequestTimeout: false };
  return new RequestQueue({ ...limits, clientId: 'test', broker: 'nowhere:9092', logger });
}

const request = (id: number): Pushed => ({
  entry: { correlationId: id, resolve: noop, reject: noop },
  expectResponse: true,
  sendRequest: () => void sent.push({ id, at: Date.now() }),
});

const answer = (id: number) => queue.fulfillRequest({ correlationId: id, payload: Buffer.alloc(0), size: 0 });
const ids = () => sent.map(({ id }) => id);

beforeEach(() => {
  sent = [];
  warnings = [];
  process.on('warning', keepWarning);
  queue = queueOf(null);
});

afterEach(async () => {
  queue.rejectAll(new Error('the test is over'));
  queue.destroy();
  vi.restoreAllMocks();
  await sleep(5);
  process.off('warning', keepWarning);
  expect(warnings).not.toContain('TimeoutNegativeWarning');
});

describe("kafkajs' queue of requests, mended", () => {
  it('sets no timer when nothing is pending', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    queue.push(request(1));
    answer(1);
    await sleep(30);
    expect(timers).not.toHaveBeenCalled();
    expect(ids()).toEqual([1]);
  });

  it('sets no timer when it is throttled and nothing is pending', () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    queue.push(request(1));
    queue.maybeThrottle(60_000);
    answer(1);
    expect(timers).not.toHaveBeenCalled();
  });

  it('sends what came while it was throttled, in order, once that is over, and then rests', async () => {
    queue.maybeThrottle(60);
    const until = queue.throttledUntil;
    const timers = vi.spyOn(globalThis, 'setTimeout');
    queue.push(request(1));
    queue.push(request(2));
    expect(ids()).toEqual([]);
    await vi.waitFor(() => expect(ids()).toEqual([1, 2]), { timeout: 1_000, interval: 5 });
    expect(sent.every(({ at }) => at >= until)).toBe(true);
    await sleep(5);
    timers.mockClear();
    answer(1);
    answer(2);
    await sleep(30);
    expect(timers).not.toHaveBeenCalled();
  });

  it('waits on when it is throttled for longer meanwhile', async () => {
    queue.maybeThrottle(30);
    queue.push(request(1));
    queue.maybeThrottle(90);
    const until = queue.throttledUntil;
    await vi.waitFor(() => expect(ids()).toEqual([1]), { timeout: 1_000, interval: 5 });
    expect(sent[0]?.at).toBeGreaterThanOrEqual(until);
  });

  it('sends what was left pending in the moment in which throttling ended', async () => {
    queue.pending.push(queue.createSocketRequest(request(1)));
    queue.throttledUntil = Date.now();
    queue.scheduleCheckPendingRequests();
    await vi.waitFor(() => expect(ids()).toEqual([1]), { timeout: 1_000, interval: 5 });
  });

  it('sends what waits for a request in flight when that is answered', () => {
    queue = queueOf(1);
    queue.push(request(1));
    queue.push(request(2));
    expect(ids()).toEqual([1]);
    answer(1);
    expect(ids()).toEqual([1, 2]);
  });
});
