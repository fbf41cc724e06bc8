import { RETRIED } from '../../activator/domain/final-status.js';
import type { Carrying } from '../domain/carrying.js';
import { filesIn, type HaproxyBounds, type HaproxySettings } from './haproxy-settings.js';

/** A queue is short again soon. */
const RETRY_AFTER_S = 1;
const BUSY = 'All instances of this service are busy';

export const DEFAULT_BOUNDS: HaproxyBounds = { inFlight: 0, queued: 1_000, queueMs: 5_000 };

type BoundSettings = Pick<HaproxySettings, 'folder' | 'bounds'>;

export const boundsOf = ({ bounds }: Pick<HaproxySettings, 'bounds'>): HaproxyBounds => ({
  ...DEFAULT_BOUNDS,
  ...bounds,
});

/** Of all backends. */
export const retryLines: readonly string[] = [
  // Each further try goes to another server.
  'retries 3',
  'option redispatch 1',
  // Connections that fail are tried elsewhere for every request; the others for those that may be sent twice.
  `retry-on conn-failure empty-response ${RETRIED.join(' ')}`,
];

/** What a client reads where no instance took its request: why, or else this. It has no comma. */
export const unservedOr = (text: string): string => `%[var(txn.why,${text})]`;

/** In a backend. `queueMs` is of its service, where that has its own. */
export function balancingLines(settings: BoundSettings, queueMs?: number): readonly string[] {
  const bounds = boundsOf(settings);
  const { marks } = filesIn(settings.folder);
  return [
    ...(queueMs === undefined || queueMs === bounds.queueMs ? [] : [`timeout queue ${queueMs}ms`]),
    `http-request disable-l7-retry if { be_name,map(${marks['no-retries']}) -m found }`,
  ];
}

/** In a backend: requests queue only where instances have a bound. */
export function queueRules(settings: BoundSettings): readonly string[] {
  const { marks } = filesIn(settings.folder);
  return [
    'http-request set-var(txn.queued) queue if { queue gt 0 }',
    `http-request return status 503 content-type text/plain string "${BUSY}, and as many requests as may wait are waiting.\\n" hdr Retry-After ${RETRY_AFTER_S}` +
      ` if { var(txn.queued) -m found } { be_name,map_str_int(${marks.queues},${boundsOf(settings).queued}),sub(txn.queued) le 0 }`,
    // It is said only where the request is refused in the end.
    `http-request set-var(txn.why) str("${BUSY}. The request waited for as long as it may.") if { be_conn_free eq 0 } { nbsrv gt 0 }`,
  ];
}

/** How long requests of each backend may wait, where that is not the default. */
export const queueTimes = ({ backends }: Carrying): ReadonlyMap<string, number> =>
  new Map(
    [...backends].flatMap(([name, { bounds }]) =>
      bounds?.queueMs === undefined ? [] : [[name, bounds.queueMs] as const],
    ),
  );

/** Whether a HAProxy that was configured with these times makes requests wait as is wanted; it takes others by a reload. */
export const hasQueueTimes = (
  configured: ReadonlyMap<string, number>,
  carrying: Carrying,
  { queueMs }: HaproxyBounds,
): boolean =>
  [...carrying.backends].every(
    ([name, { service, bounds }]) =>
      service === undefined || (configured.get(name) ?? queueMs) === (bounds?.queueMs ?? queueMs),
  );
