import type * as Api from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';

interface ExporterOptions {
  readonly service: string;
  readonly replica: string;
  /** OTLP over HTTP, as JSON. */
  readonly url: string;
  /** Told once when sending begins to fail, and again only after it went well in between. */
  readonly onFailure: (error: unknown) => void;
}

interface OpenExporter {
  readonly api: typeof Api;
  readonly tracer: Api.Tracer;
  /** Sends what is left. */
  shutdown(): Promise<void>;
}

/**
 * A tracer of its own for the app. Nothing is registered with the process: there is one global provider a process, and
 * the standalone process holds several apps.
 */
export async function openExporter(options: ExporterOptions): Promise<OpenExporter> {
  const { service, replica, url, onFailure } = options;
  const [api, { OTLPTraceExporter }, tracing, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/sdk-trace-base'),
    import('@opentelemetry/resources'),
  ]);
  const own = { 'service.namespace': 'slipway', 'service.name': service, 'service.instance.id': replica };
  const given = resources.detectResources({ detectors: [resources.envDetector] });
  const exporter = warningOnce(new OTLPTraceExporter({ url }), onFailure);
  const provider = new tracing.BasicTracerProvider({
    resource: resources.defaultResource().merge(given).merge(resources.resourceFromAttributes(own)),
    spanProcessors: [new tracing.BatchSpanProcessor(exporter)],
  });
  return { api, tracer: provider.getTracer('slipway'), shutdown: () => provider.shutdown() };
}

/** The SDK itself says nothing of a failed export. */
function warningOnce(exporter: SpanExporter, onFailure: (error: unknown) => void): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const { error } = result;
        if (error !== undefined && !failing) onFailure(error);
        failing = error !== undefined;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
