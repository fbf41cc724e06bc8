import type * as Api from '@opentelemetry/api';
import { at, currentPosition, remotePosition, type TracePosition } from './trace-context.js';
import { formatTraceparent } from './traceparent.js';

/** Members that are undefined are left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  readonly name: string;
  readonly kind?: 'internal' | 'consumer' | 'producer';
  readonly attributes?: SpanAttributes;
  /** The traceparent of a message; the current span when left out. */
  readonly parent?: string;
}

export interface OpenSpan {
  /** What a message that the span sends carries. */
  readonly traceparent: string | undefined;
  set(attributes: SpanAttributes): void;
  /** Ends in an error, with the code that says which. */
  fail(code: string, message?: string): void;
  end(): void;
}

/** One app's spans; several apps may live in one process. */
export interface Tracing {
  /** For what is no one function; whoever starts it ends it. */
  startSpan(options: SpanOptions): OpenSpan;
  /** Runs `work` in a span; what it throws fails the span and goes on. */
  withSpan<T>(options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** Sends what is left, for no longer than STOP_MS. */
  stop(): Promise<void>;
}

export interface TracingOptions {
  /** The app's name. */
  readonly service: string;
  readonly replica: string;
  /** OpenTelemetry's own variables that say where to; sampling and batching are read by the SDK itself. */
  readonly env: {
    readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string;
    readonly OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string;
    readonly OTEL_SDK_DISABLED?: boolean;
  };
  readonly logger: { warn(fields: object, message: string): void };
}

/** An exporter that does not answer must not hold up the end of a process. */
const STOP_MS = 2_000;

/** The enums' values, so that no run-time import is needed for them. */
const KINDS: Readonly<Record<NonNullable<SpanOptions['kind']>, Api.SpanKind>> = {
  internal: 0,
  producer: 3,
  consumer: 4,
};
const ERROR: Api.SpanStatusCode = 2;

interface PositionedSpan extends OpenSpan {
  readonly position: TracePosition | undefined;
}

const parentOf = ({ parent }: SpanOptions): TracePosition | undefined =>
  parent === undefined ? currentPosition() : remotePosition(parent);

const nothing = (): void => undefined;

/** Without tracing a message's trace still goes through, from what comes in to what goes out. */
function passThrough(options: SpanOptions): PositionedSpan {
  const position = parentOf(options);
  const traceparent = position && formatTraceparent(position);
  return { position, traceparent, set: nothing, fail: nothing, end: nothing };
}

function tracingBy(start: (options: SpanOptions) => PositionedSpan, stop: () => Promise<void>): Tracing {
  return {
    startSpan: start,
    stop,
    async withSpan(options, work) {
      const span = start(options);
      try {
        return await at(span.position, () => work(span));
      } catch (error) {
        span.fail(codeOf(error), error instanceof Error ? error.message : String(error));
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** For whoever does not trace. */
export const noTracing: Tracing = tracingBy(passThrough, () => Promise.resolve());

/** Traces when an endpoint is set; the SDK is loaded only then. Never throws later: an exporter that is down warns. */
export async function startTracing({ service, replica, env, logger }: TracingOptions): Promise<Tracing> {
  const url = tracesUrl(env);
  if (url === undefined) return noTracing;
  const { openExporter } = await import('./otlp-exporter.js');
  // A batch is of many traces, and goes out in whichever was the current one when its timer was set.
  const onFailure = (err: unknown): void =>
    at(undefined, () => logger.warn({ err, url }, 'traces cannot be sent and are dropped; work goes on'));
  const { api, tracer, shutdown } = await openExporter({ service, replica, url, onFailure });
  return tracingBy(
    (options) => recorded(api, tracer, options),
    () => within(STOP_MS, shutdown()),
  );
}

function tracesUrl(env: TracingOptions['env']): string | undefined {
  if (env.OTEL_SDK_DISABLED === true) return undefined;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/+$/, '');
  return env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (base === undefined ? undefined : `${base}/v1/traces`);
}

function recorded(api: typeof Api, tracer: Api.Tracer, options: SpanOptions): PositionedSpan {
  const { name, kind = 'internal', attributes = {} } = options;
  const parent = parentOf(options);
  const context = parent ? api.trace.setSpanContext(api.ROOT_CONTEXT, parent) : api.ROOT_CONTEXT;
  const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, context);
  const { traceId, spanId, traceFlags } = span.spanContext();
  const position = { traceId, spanId, traceFlags, isRemote: false };
  return {
    position,
    traceparent: formatTraceparent(position),
    set: (more) => void span.setAttributes(more),
    fail: (code, message) => void span.setAttribute('error.type', code).setStatus({ code: ERROR, message }),
    end: () => span.end(),
  };
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}
