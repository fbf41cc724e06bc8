import { AsyncLocalStorage } from 'node:async_hooks';
import { formatTraceparent, parseTraceparent, type SpanPosition } from './traceparent.js';

export interface TracePosition extends SpanPosition {
  /** It came from another process, or from the record. */
  readonly isRemote: boolean;
}

const current = new AsyncLocalStorage<TracePosition | undefined>();

/** Runs `work`, and all that it starts, at this place of a trace; without one, in no trace. */
export function at<T>(position: TracePosition | undefined, work: () => T): T {
  return current.run(position, work);
}

/** Runs `work` as a part of the trace that another process began, whether or not this one traces. */
export function withinTrace<T>(traceparent: string | undefined, work: () => T): T {
  return at(remotePosition(traceparent), work);
}

export function remotePosition(traceparent: string | undefined): TracePosition | undefined {
  const position = parseTraceparent(traceparent);
  return position && { ...position, isRemote: true };
}

export const currentPosition = (): TracePosition | undefined => current.getStore();

/** What an outgoing message carries; undefined outside of a trace. */
export function currentTraceparent(): string | undefined {
  const position = currentPosition();
  return position && formatTraceparent(position);
}

/** What a log line carries. */
export function traceFields(): { readonly trace_id?: string; readonly span_id?: string } {
  const position = currentPosition();
  return position === undefined ? {} : { trace_id: position.traceId, span_id: position.spanId };
}
