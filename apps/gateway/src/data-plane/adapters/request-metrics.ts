import type { Metrics } from '#libs/telemetry';
import { answerCode, type AnsweredRequest, latencyOf, unroutedReason } from '../domain/answered.js';
import {
  type CarriedNames,
  codes,
  type Figures,
  type Happened,
  RequestFigures,
  unroutedReasons,
} from '../domain/request-figures.js';

/** What `serverAt` of the data plane says of a line. */
interface Answering {
  readonly service?: string;
  readonly instance?: string;
}

interface RequestMetricsParts {
  readonly metrics: Metrics;
  readonly carried: () => CarriedNames;
  /** The application and the name of a service, by its id. */
  readonly nameOf: (id: string) => { readonly appId: string; readonly service: string };
}

const OF_SERVICE = ['app_id', 'service'] as const;
const OF_INSTANCE = [...OF_SERVICE, 'instance'] as const;
type Labels<L extends string> = Readonly<Record<L, string>>;

/** Requests by service and by instance, for Prometheus. */
export class RequestMetrics {
  private readonly figures = new RequestFigures();
  private readonly serviceSeconds;
  private readonly instanceSeconds;
  private readonly observedInstances = new Map<string, Labels<(typeof OF_INSTANCE)[number]>>();
  private readonly observedServices = new Set<string>();

  constructor(private readonly parts: RequestMetricsParts) {
    // The first of its metrics that a scrape reads: it lets go of what is carried no more.
    this.countRequests();
    this.countSums();
    this.countCacheRequests();
    const { metrics } = parts;
    this.serviceSeconds = metrics.histogram(
      'gateway_request_seconds',
      'Until the answer of a service began.',
      OF_SERVICE,
    );
    this.instanceSeconds = metrics.histogram(
      'gateway_instance_request_seconds',
      'Until the answer of an instance began.',
      OF_INSTANCE,
    );
  }

  /** A line of HAProxy's log. */
  answered(answer: AnsweredRequest, { service, instance }: Answering): void {
    if (service === undefined) return this.unrouted(answer.backend, 1);
    const happened: Happened = {
      code: answerCode(answer),
      retries: answer.retries,
      queueMs: Math.max(0, answer.queueMs),
      requestBytes: answer.requestBytes,
      responseBytes: answer.bytes,
      hits: answer.cache === 'hit' ? 1 : 0,
      misses: answer.cache === 'miss' ? 1 : 0,
    };
    const seconds = latencyOf(answer);
    if (!answer.isBack) {
      this.figures.ofService(service, happened);
      if (seconds !== undefined) this.observeService(service, seconds);
    }
    if (instance === undefined) return;
    this.figures.ofInstance(instance, happened);
    if (seconds !== undefined) this.observeInstance(service, instance, seconds);
  }

  /** What HAProxy has counted itself at a backend, or at one of its servers, where it writes no log. */
  counted(backend: string, isServer: boolean, { service, instance }: Answering, happened: Happened): void {
    if (isServer) {
      if (instance !== undefined) this.figures.ofInstance(instance, happened);
    } else if (service !== undefined) this.figures.ofService(service, happened);
    else this.unrouted(backend, happened.requests ?? 0);
  }

  private unrouted(backend: string, requests: number): void {
    const reason = unroutedReason(backend);
    if (reason !== undefined) this.figures.ofNobody(reason, requests);
  }

  private observeService(service: string, seconds: number): void {
    this.observedServices.add(service);
    this.serviceSeconds.observe(this.labelsOf(service), seconds);
  }

  private observeInstance(service: string, instance: string, seconds: number): void {
    const labels = this.observedInstances.get(instance) ?? { ...this.labelsOf(service), instance };
    this.observedInstances.set(instance, labels);
    this.instanceSeconds.observe(labels, seconds);
  }

  private labelsOf(id: string): Labels<(typeof OF_SERVICE)[number]> {
    const { appId, service } = this.parts.nameOf(id);
    return { app_id: appId, service };
  }

  private forgetGone(): CarriedNames {
    const carried = this.parts.carried();
    this.figures.keep(carried);
    for (const id of this.observedServices)
      if (!carried.services.has(id)) {
        this.observedServices.delete(id);
        this.serviceSeconds.remove(this.labelsOf(id));
      }
    for (const [instance, labels] of this.observedInstances)
      if (!carried.instances.has(instance)) {
        this.observedInstances.delete(instance);
        this.instanceSeconds.remove(labels);
      }
    return carried;
  }

  private countRequests(): void {
    const { metrics } = this.parts;
    metrics.counter(
      'gateway_instance_requests_total',
      'Requests that an instance answered.',
      [...OF_INSTANCE, 'code'],
      () => {
        const { instances } = this.forgetGone();
        return [...this.figures.instances].flatMap(([instance, figures]) =>
          byCode({ ...this.labelsOf(instances.get(instance) ?? ''), instance }, figures),
        );
      },
    );
    metrics.counter('gateway_requests_total', 'Requests of a service.', [...OF_SERVICE, 'code'], () =>
      [...this.figures.services].flatMap(([id, figures]) => byCode(this.labelsOf(id), figures)),
    );
    metrics.counter('gateway_unrouted_requests_total', 'Requests that came to no service.', ['reason'], () =>
      unroutedReasons.map((reason) => [{ reason }, this.figures.unrouted.get(reason) ?? 0]),
    );
  }

  private countSums(): void {
    const { metrics } = this.parts;
    const ofService = (value: (figures: Figures) => number) => () =>
      [...this.figures.services].map(([id, figures]) => [this.labelsOf(id), value(figures)] as const);
    metrics.counter(
      'gateway_retries_total',
      'Further tries of requests.',
      OF_SERVICE,
      ofService(({ retries }) => retries),
    );
    metrics.counter(
      'gateway_queue_seconds_total',
      'Time of requests in the queue.',
      OF_SERVICE,
      ofService(({ queueMs }) => queueMs / 1_000),
    );
    metrics.counter(
      'gateway_request_bytes_total',
      'Bytes of requests.',
      OF_SERVICE,
      ofService(({ requestBytes }) => requestBytes),
    );
    metrics.counter(
      'gateway_response_bytes_total',
      'Bytes of answers.',
      OF_SERVICE,
      ofService(({ responseBytes }) => responseBytes),
    );
  }

  private countCacheRequests(): void {
    this.parts.metrics.counter(
      'gateway_cache_requests_total',
      'Requests that the cache was asked for.',
      [...OF_SERVICE, 'result'],
      () =>
        [...this.figures.services].flatMap(([id, { hits, misses }]) =>
          hits + misses === 0
            ? []
            : [
                [{ ...this.labelsOf(id), result: 'hit' }, hits] as const,
                [{ ...this.labelsOf(id), result: 'miss' }, misses] as const,
              ],
        ),
    );
  }
}

/** Only the classes that there were. */
const byCode = <L extends string>(labels: Labels<L>, { requests }: Figures) =>
  codes.filter((code) => requests[code] > 0).map((code) => [{ ...labels, code }, requests[code]] as const);
