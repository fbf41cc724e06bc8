import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds; from a Kafka hop to a cold build. */
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** One app's metrics in a registry of its own, so that several apps may live in one process. */
export class Metrics {
  readonly registry = new Registry();

  constructor(readonly app: string) {
    this.registry.setDefaultLabels({ app });
    collectDefaultMetrics({ register: this.registry });
  }

  /** @param values what others count, all of it, asked for at each scrape; without it whoever made the counter counts */
  counter<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    values?: () => Values<L>,
  ): Counter<L> {
    const counter: Counter<L> = new Counter({
      ...{ name: `slipway_${name}`, help, labelNames, registers: [this.registry] },
      ...(values && { collect: () => fill(counter, labelNames, values()) }),
    });
    return counter;
  }

  /** @param values all of them, asked for at each scrape; without it whoever made the gauge sets it */
  gauge<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    values?: () => Values<L>,
  ): Gauge<L> {
    const gauge: Gauge<L> = new Gauge({
      ...{ name: `slipway_${name}`, help, labelNames, registers: [this.registry] },
      ...(values && { collect: () => fill(gauge, labelNames, values()) }),
    });
    return gauge;
  }

  histogram<L extends string>(name: string, help: string, labelNames: readonly L[] = []): Histogram<L> {
    return new Histogram({
      name: `slipway_${name}`,
      help,
      labelNames,
      buckets: SECONDS,
      registers: [this.registry],
    });
  }
}

type Values<L extends string> = readonly (readonly [labels: Readonly<Record<L, string>>, value: number])[];

/** What is not among the values any more goes. A metric without labels is 0 after `reset`, which is a value, too. */
function fill<L extends string>(
  metric: Gauge<L> | Counter<L>,
  labelNames: readonly L[],
  values: Values<L>,
): void {
  metric.reset();
  if (values.length === 0 && labelNames.length === 0) metric.remove();
  for (const [labels, value] of values) metric.inc({ ...labels }, value);
}

export const createMetrics = (app: string): Metrics => new Metrics(app);
