import { NO_SERVER } from './operations.js';
import { type Code, codeOf, type UnroutedReason } from './request-figures.js';

/** Where requests go that no route takes. */
export const NO_ROUTE = 'no-route';
/** Where requests come in. One that is no HTTP, or whose client leaves early, comes no further. */
export const FRONTEND = 'requests';

/** Where requests come in once more that have waited for an instance. */
export const BACK = 'back';

/** One request that has ended, by HAProxy's line of it. Times are in milliseconds; -1 where it did not come so far. */
export interface AnsweredRequest {
  readonly status: number;
  readonly requestBytes: number;
  readonly bytes: number;
  readonly queueMs: number;
  readonly connectMs: number;
  readonly responseMs: number;
  readonly retries: number;
  readonly backend: string;
  readonly server: string;
  /** It has waited for its instance: its client's own line comes as well. */
  readonly isBack: boolean;
  /** A health check asked. */
  readonly isProbe: boolean;
  /** Undefined where the cache was not asked. */
  readonly cache?: 'hit' | 'miss';
}

/** As HAProxy writes a variable that is not set. */
const NO_VALUE = '-';

/** What HAProxy's line of a request holds; undefined where it is none of its kind. */
export function answeredOf(line: Readonly<Record<string, unknown>>): AnsweredRequest | undefined {
  const { backend, server, to, frontend, probe } = line;
  if (typeof backend !== 'string' || typeof server !== 'string') return undefined;
  const numbers = ['status', 'requestBytes', 'bytes', 'queueMs', 'connectMs', 'responseMs', 'retries'].map(
    (name) => [name, Number(line[name])] as const,
  );
  if (numbers.some(([, value]) => !Number.isFinite(value))) return undefined;
  return {
    ...(Object.fromEntries(numbers) as unknown as AnsweredRequest),
    // What was answered before it came to a backend was on its way to one.
    backend: backend === FRONTEND && typeof to === 'string' && to !== NO_VALUE ? to : backend,
    server,
    isBack: frontend === BACK,
    isProbe: probe === '1',
    cache: cacheOf(line),
  };
}

function cacheOf({ server, cached }: Readonly<Record<string, unknown>>): AnsweredRequest['cache'] {
  if (server === '<CACHE>') return 'hit';
  return cached === '1' ? 'miss' : undefined;
}

export const answerCode = ({ status }: AnsweredRequest): Code => codeOf(status);

/**
 * In seconds, from when the request was read until its answer began, in the queue and at an instance: so large bodies, slow
 * clients and WebSockets do not count. Undefined where no instance answered.
 */
export function latencyOf({ queueMs, connectMs, responseMs }: AnsweredRequest): number | undefined {
  if (connectMs < 0 || responseMs < 0) return undefined;
  return (Math.max(0, queueMs) + connectMs + responseMs) / 1_000;
}

const UNROUTED: ReadonlyMap<string, UnroutedReason> = new Map([
  [NO_ROUTE, 'no_route'],
  [NO_SERVER, 'no_instance'],
  [FRONTEND, 'malformed'],
]);

/** Undefined of a backend whose service has gone meanwhile. */
export const unroutedReason = (backend: string): UnroutedReason | undefined => UNROUTED.get(backend);
