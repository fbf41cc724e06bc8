/** What an instance that takes requests uses. A member that is missing was not measured in time. */
export interface InstanceFigures {
  /** Percent of its limit. */
  readonly cpuPercent?: number | undefined;
  readonly memoryPercent?: number | undefined;
  /** Cores and bytes of its limits now. */
  readonly cpuLimit?: number | undefined;
  readonly memoryLimit?: number | undefined;
  /** 0 to 100, 100 = idle: over all, and the lower one of CPU and availability. */
  readonly score?: { readonly overall: number; readonly lowest: number } | undefined;
}

/** Of the service as its gateways see it. */
export interface Traffic {
  readonly requestsPerSecond: number;
  readonly inFlight: number;
  /** Held for want of an instance. */
  readonly waiting: number;
  readonly p95Ms?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly lastRequestAt?: number | undefined;
}

/** All that is known of a service at one moment. A member that is missing was not to be had. */
export interface Figures {
  /** Of the instances that take requests. */
  readonly instances: readonly InstanceFigures[];
  readonly traffic?: Traffic | undefined;
  /** Messages that the consumer group has yet to read. */
  readonly kafkaLag?: number | undefined;
  /** What the query came to. */
  readonly prometheus?: number | undefined;
  /** Why a figure from outside is missing. */
  readonly missing?: { readonly kafkaLag?: string; readonly prometheus?: string };
}

/** A sum over those instances of which it is known, and of how many it is not. */
export interface Sum {
  readonly sum: number;
  readonly known: number;
  readonly missing: number;
}

/** The figures of one second as they are kept: sums, so that seconds with other counts can be compared. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How many instances took requests. */
  readonly ready: number;
  readonly cpu: Sum;
  readonly memory: Sum;
  /** Sums of what the scores lack to 100. */
  readonly deficit: Sum;
  /** The lowest score of any, over all or in part. */
  readonly lowestScore?: number;
  readonly requestsPerSecond?: number;
  readonly concurrency?: number;
  readonly waiting?: number;
  readonly p95Ms?: number;
  readonly kafkaLag?: number;
  readonly prometheus?: number;
}

const sumOf = (values: readonly (number | undefined)[]): Sum => {
  const known = values.filter((value) => value !== undefined);
  return {
    sum: known.reduce((sum, value) => sum + value, 0),
    known: known.length,
    missing: values.length - known.length,
  };
};

/** The sample of a second. Pure. */
export function sampleOf({ instances, traffic, kafkaLag, prometheus }: Figures, at: number): Sample {
  const scores = instances.map(({ score }) => score);
  const lowest = scores.flatMap((score) => (score === undefined ? [] : [score.overall, score.lowest]));
  return {
    ...{ at, ready: instances.length },
    cpu: sumOf(instances.map(({ cpuPercent }) => cpuPercent)),
    memory: sumOf(instances.map(({ memoryPercent }) => memoryPercent)),
    deficit: sumOf(scores.map((score) => score && 100 - score.overall)),
    ...(lowest.length > 0 && { lowestScore: Math.min(...lowest) }),
    ...(traffic !== undefined && trafficOf(traffic)),
    ...(kafkaLag !== undefined && { kafkaLag }),
    ...(prometheus !== undefined && { prometheus }),
  };
}

/** Without a request there is no latency, so none is above what is aimed at. */
function trafficOf({ requestsPerSecond, inFlight, waiting, p95Ms }: Traffic): Partial<Sample> {
  const concurrency = inFlight + waiting;
  const p95 = p95Ms ?? (requestsPerSecond === 0 && concurrency === 0 ? 0 : undefined);
  return { requestsPerSecond, concurrency, waiting, ...(p95 !== undefined && { p95Ms: p95 }) };
}

/** The mean of what is known; undefined where nothing is. */
export function meanOf(values: readonly (number | undefined)[]): number | undefined {
  const { sum, known } = sumOf(values);
  return known === 0 ? undefined : sum / known;
}
