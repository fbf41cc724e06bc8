import { randomUUID } from 'node:crypto';
import { nodeObserved } from '#libs/contracts';
import { outgoing, type Runtime } from '#libs/runtime';
import { createFigureMetrics, type FigureMetrics } from './adapters/figure-metrics.js';
import { ObservationSender } from './send-observations.js';

export interface Observations {
  readonly sender: ObservationSender;
  readonly metrics: FigureMetrics;
}

/** What is observed goes to the brokers past the outbox, and to whoever scrapes this replica. */
export function createObservations({
  metrics,
  producer,
  clock,
}: Pick<Runtime, 'metrics' | 'producer' | 'clock'>): Observations {
  const dropped = metrics.counter(
    'agent_seconds_dropped_total',
    'Seconds of nodes that were observed and not sent, because the brokers did not take them.',
  );
  const sender = new ObservationSender({
    publish: (observations) =>
      producer.publish(
        observations.map((observation) => ({ id: randomUUID(), ...outgoing(nodeObserved, observation) })),
      ),
    onDropped: (count) => dropped.inc(count),
  });
  return { sender, metrics: createFigureMetrics(metrics, () => clock.now()) };
}
