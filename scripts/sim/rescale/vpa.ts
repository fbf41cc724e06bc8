/**
 * Kubernetes' Vertical Pod Autoscaler, for CPU in cores (kubernetes/autoscaler, vertical-pod-autoscaler:
 * pkg/recommender/model/aggregations_config.go, pkg/recommender/logic/recommender.go, pkg/updater/priority). A histogram with
 * buckets that grow by 5 % and weights that halve in 24 hours; the target is its 90th percentile plus 15 %, at least 25
 * thousandths of a core. Its updater looks once a minute: a request is changed when it lies outside of the bounds (50th and
 * 95th percentile plus 15 %, widened by how short the history is), or is 10 % off after 12 hours.
 */
const FIRST_BUCKET = 0.001;
const GROWTH = 1.05;
const HALF_LIFE_MS = 24 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
const MARGIN = 1.15;
const LEAST = 0.025;
/** A sample weighs as much as its request, at least this. */
const LEAST_WEIGHT = 0.1;
const OFF = 0.1;
const OLD_MS = 12 * 3_600_000;

export interface VpaRecommendation {
  readonly target: number;
  readonly lower: number;
  readonly upper: number;
}

export class Vpa {
  private readonly weights: number[] = [];
  private firstAt: number | undefined;
  private lastAt = 0;
  private changedAt: number | undefined;

  /** A minute's mean of CPU, and the request that it ran with. */
  sample(cpu: number, request: number, at: number): void {
    this.firstAt ??= at;
    this.lastAt = at;
    const index = bucketOf(cpu);
    const weight = Math.max(request, LEAST_WEIGHT) * 2 ** ((at - this.firstAt) / HALF_LIFE_MS);
    this.weights[index] = (this.weights[index] ?? 0) + weight;
  }

  recommendation(): VpaRecommendation | undefined {
    if (this.firstAt === undefined) return undefined;
    const days = Math.max((this.lastAt - this.firstAt) / DAY_MS, 1e-6);
    const estimate = (percentile: number): number => Math.max(this.percentile(percentile) * MARGIN, LEAST);
    return {
      target: estimate(0.9),
      lower: estimate(0.5) * (1 + 0.001 / days) ** -2,
      upper: estimate(0.95) * (1 + 1 / days),
    };
  }

  /** What its updater makes of a request; the same where it leaves it. */
  updated(request: number, at: number): number {
    const recommended = this.recommendation();
    if (recommended === undefined) return request;
    const { target, lower, upper } = recommended;
    const isOutside = request < lower || request > upper;
    const isOld = at - (this.changedAt ?? this.firstAt ?? at) >= OLD_MS;
    const isOff = isOld && Math.abs(target - request) / request > OFF;
    if (!isOutside && !isOff) return request;
    this.changedAt = at;
    return target;
  }

  /** The end of the bucket in which the percentile lies. */
  private percentile(share: number): number {
    const total = this.weights.reduce((sum, weight) => sum + weight, 0);
    let sum = 0;
    for (let index = 0; index < this.weights.length; index += 1) {
      sum += this.weights[index] ?? 0;
      if (sum >= share * total) return bucketStart(index + 1);
    }
    return bucketStart(this.weights.length);
  }
}

/** Bucket n starts where the buckets before it end: a geometric sum. */
const bucketStart = (index: number): number => (FIRST_BUCKET * (GROWTH ** index - 1)) / (GROWTH - 1);
const bucketOf = (value: number): number =>
  value < FIRST_BUCKET
    ? 0
    : Math.floor(Math.log((value * (GROWTH - 1)) / FIRST_BUCKET + 1) / Math.log(GROWTH));
