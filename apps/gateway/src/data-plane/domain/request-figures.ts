/** The class of a status; `none` where the client left before the answer began. */
export const codes = ['1xx', '2xx', '3xx', '4xx', '5xx', 'none'] as const;
export type Code = (typeof codes)[number];

export const codeOf = (status: number): Code => codes[Math.floor(status / 100) - 1] ?? 'none';

/** Why a request came to no service: its address is none, it is no HTTP, or its service has no instance. */
export const unroutedReasons = ['no_route', 'malformed', 'no_instance'] as const;
export type UnroutedReason = (typeof unroutedReasons)[number];

/** What happened, once or often; what is left out is 0. */
export interface Happened {
  readonly code?: Code;
  readonly requests?: number;
  readonly retries?: number;
  /** In the queue of a service whose instances all had as many requests as they may have. */
  readonly queueMs?: number;
  readonly requestBytes?: number;
  readonly responseBytes?: number;
  /** Answered by the cache. */
  readonly hits?: number;
  /** The cache was asked, and had no answer. */
  readonly misses?: number;
}

export interface Figures {
  readonly requests: Readonly<Record<Code, number>>;
  readonly retries: number;
  readonly queueMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly hits: number;
  readonly misses: number;
}

/** What is carried now. */
export interface CarriedNames {
  /** By their ids. */
  readonly services: ReadonlySet<string>;
  /** The service of each instance. */
  readonly instances: ReadonlyMap<string, string>;
}

/** Counts requests by service and by instance. What is carried no more is forgotten, so it never holds more than that. */
export class RequestFigures {
  readonly services = new Map<string, Figures>();
  readonly instances = new Map<string, Figures>();
  readonly unrouted = new Map<UnroutedReason, number>();

  ofService(id: string, happened: Happened): void {
    this.services.set(id, plus(this.services.get(id) ?? NONE, happened));
  }

  ofInstance(name: string, happened: Happened): void {
    this.instances.set(name, plus(this.instances.get(name) ?? NONE, happened));
  }

  ofNobody(reason: UnroutedReason, requests = 1): void {
    this.unrouted.set(reason, (this.unrouted.get(reason) ?? 0) + requests);
  }

  keep({ services, instances }: CarriedNames): void {
    for (const id of this.services.keys()) if (!services.has(id)) this.services.delete(id);
    for (const name of this.instances.keys()) if (!instances.has(name)) this.instances.delete(name);
  }
}

const NONE: Figures = {
  requests: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, none: 0 },
  ...{ retries: 0, queueMs: 0, requestBytes: 0, responseBytes: 0, hits: 0, misses: 0 },
};

const plus = (before: Figures, more: Happened): Figures => ({
  requests:
    more.code === undefined
      ? before.requests
      : { ...before.requests, [more.code]: before.requests[more.code] + (more.requests ?? 1) },
  retries: before.retries + (more.retries ?? 0),
  queueMs: before.queueMs + (more.queueMs ?? 0),
  requestBytes: before.requestBytes + (more.requestBytes ?? 0),
  responseBytes: before.responseBytes + (more.responseBytes ?? 0),
  hits: before.hits + (more.hits ?? 0),
  misses: before.misses + (more.misses ?? 0),
});
