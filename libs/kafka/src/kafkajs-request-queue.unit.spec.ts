import { createRequire } from 'node:module';
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
/** Of the timers that were set, in ms: Node warns of a negative one, and makes it 1. */
let delays: (number | undefined)[];
let queue: Queue;

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
  vi.useFakeTimers();
  sent = [];
  delays = [];
  const set = globalThis.setTimeout;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, ms?: number) => {
    delays.push(ms);
    return set(work, ms);
  }) as never);
  queue = queueOf(null);
});

afterEach(() => {
  queue.rejectAll(new Error('the test is over'));
  queue.destroy();
  vi.restoreAllMocks();
  vi.useRealTimers();
  expect(delays.filter((ms) => ms === undefined || ms < 0)).toEqual([]);
});

describe("kafkajs' queue of requests, mended", () => {
  it('sets no timer when nothing is pending', () => {
    queue.push(request(1));
    answer(1);
    vi.advanceTimersByTime(30);
    expect(delays).toEqual([]);
    expect(ids()).toEqual([1]);
  });

  it('sets no timer when it is throttled and nothing is pending', () => {
    queue.push(request(1));
    queue.maybeThrottle(60_000);
    answer(1);
    expect(delays).toEqual([]);
  });

  it('sends what came while it was throttled, in order, once that is over, and then rests', () => {
    queue.maybeThrottle(60);
    const until = queue.throttledUntil;
    queue.push(request(1));
    queue.push(request(2));
    vi.advanceTimersByTime(59);
    expect(ids()).toEqual([]);
    vi.advanceTimersByTime(20);
    expect(ids()).toEqual([1, 2]);
    expect(sent.every(({ at }) => at >= until)).toBe(true);
    const count = delays.length;
    answer(1);
    answer(2);
    vi.advanceTimersByTime(30);
    expect(delays).toHaveLength(count);
  });

  it('waits on when it is throttled for longer meanwhile', () => {
    queue.maybeThrottle(30);
    queue.push(request(1));
    queue.maybeThrottle(90);
    const until = queue.throttledUntil;
    vi.advanceTimersByTime(110);
    expect(ids()).toEqual([1]);
    expect(sent[0]?.at).toBeGreaterThanOrEqual(until);
  });

  it('sends what was left pending in the moment in which throttling ended', () => {
    queue.pending.push(queue.createSocketRequest(request(1)));
    queue.throttledUntil = Date.now();
    queue.scheduleCheckPendingRequests();
    vi.advanceTimersByTime(20);
    expect(ids()).toEqual([1]);
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
