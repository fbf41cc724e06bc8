import { createRequire } from 'node:module';

/** As much of kafkajs' queue of one connection's requests as the scheduling below touches. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  /** A time in ms; -1 until the broker first throttles. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

/** What kafkajs waits when the throttling ended between the two looks at the clock. */
const MARGIN_MS = 10;

function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
  const remaining = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    remaining > 0 ? remaining : MARGIN_MS,
  );
}

/**
 * Imported for its effect: mends kafkajs 2.2.4, which no release will (tulios/kafkajs#1751, #1704; unmerged: #1755,
 * #1768). Its own version takes `throttledUntil = -1` for a time, so that every answer on a connection sets a timer of
 * minus the current time. Node 24 warns of that (TimeoutNegativeWarning) and makes it 1 ms; the timer then sets itself
 * again, a thousand times a second and for ever, per open connection, with nothing to send. #1755 and #1768 end the
 * warning only.
 *
 * Here a timer is set while requests are pending, and only then. Throttling alone needs none: a request that comes
 * while it lasts is pending, and sets the timer itself.
 */
const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as {
  readonly prototype: RequestQueue;
};
if (typeof prototype.scheduleCheckPendingRequests !== 'function') {
  throw new Error('kafkajs schedules its requests otherwise than 2.2.4 did: see kafkajs-request-queue.ts');
}
prototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests;
