import { setTimeout as delay } from 'node:timers/promises';
import {
  nodeManagerRoutes as routes,
  type WatchChange,
  watchChangeSchema,
  watchSnapshotSchema,
  type WatchSnapshot,
} from '#libs/contracts';
import { type ServerSentEvent, serverSentEvents } from '../domain/watch-events.js';
import { CliError } from '../errors.js';
import { type Api, callPieces } from './api.js';

export type WatchEvent =
  | { readonly event: 'snapshot'; readonly data: WatchSnapshot }
  | { readonly event: 'change'; readonly data: WatchChange };

export interface WatchOptions {
  readonly appId?: string;
  readonly service?: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told once whenever the stream was lost; it is opened again until it is there. */
  readonly onLost: (error: unknown) => void;
}

const AGAIN_MS = 1_000;
/** Each has a message of its own, and stays as it is. */
const FOR_GOOD: ReadonlySet<string> = new Set([
  'TOKEN_UNKNOWN',
  'TOKEN_MISSING',
  'ROLE_MISSING',
  'INPUT_INVALID',
]);

/** What the registry holds, then its changes, until the signal. Throws where the first try fails. */
export async function* watchRegistry(
  api: Api,
  { signal, onLost, ...filter }: WatchOptions,
): AsyncGenerator<WatchEvent> {
  let revision: number | undefined;
  let isLost = false;
  while (!signal.aborted) {
    try {
      const pieces = callPieces(api, routes.watch, { query: { ...filter, revision } }, signal);
      for await (const event of serverSentEvents(pieces)) {
        isLost = false;
        if (event.id !== undefined) revision = Number(event.id);
        const known = knownEvent(event);
        if (known !== undefined) yield known;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (revision === undefined || (error instanceof CliError && FOR_GOOD.has(error.code))) throw error;
      if (!isLost) onLost(error);
      isLost = true;
    }
    await pause(AGAIN_MS, signal);
  }
}

/** Undefined of an event that is of a newer version, or only says its id. */
function knownEvent({ event, data }: ServerSentEvent): WatchEvent | undefined {
  if (data === '') return undefined;
  if (event === 'snapshot') return { event, data: watchSnapshotSchema.parse(JSON.parse(data)) };
  if (event === 'change') return { event, data: watchChangeSchema.parse(JSON.parse(data)) };
  return undefined;
}

/** Over at once where the signal is aborted. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
