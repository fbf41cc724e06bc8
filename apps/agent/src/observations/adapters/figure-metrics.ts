import { type ObservedInstance, type ObservedNode, usedCores } from '#libs/observations';
import type { Metrics } from '#libs/telemetry';

/** The newest second of each node, for Prometheus. */
export interface FigureMetrics {
  observed(second: ObservedNode): void;
  forget(node: string): void;
}

const OF_NODE = ['node'] as const;
const OF_INSTANCE = ['node', 'app_id', 'service', 'instance'] as const;

type Filled<L extends string> = readonly (readonly [Readonly<Record<L, string>>, number])[];
type OfNode = (value: (second: ObservedNode) => number | undefined) => () => Filled<'node'>;
type OfInstance = (
  value: (instance: ObservedInstance) => number | undefined,
) => () => Filled<(typeof OF_INSTANCE)[number]>;

/** Filled when somebody asks: most seconds nobody does. */
export function createFigureMetrics(metrics: Metrics, now: () => Date): FigureMetrics {
  const seconds = new Map<string, ObservedNode>();
  const gaps = metrics.counter(
    'node_gaps_total',
    'Seconds of the node without figures, counted once it has figures again.',
    OF_NODE,
  );
  const ofNode: OfNode = (value) => () =>
    [...seconds.values()].flatMap((second) => {
      const found = value(second);
      return found === undefined ? [] : [[{ node: second.node }, found] as const];
    });
  const ofInstance: OfInstance = (value) => () =>
    [...seconds.values()].flatMap(({ node, instances }) =>
      [...instances.values()].flatMap((one) => {
        const found = value(one);
        const { appId: app_id, service } = one.identity;
        return found === undefined
          ? []
          : [[{ node, app_id, service, instance: one.instance }, found] as const];
      }),
    );
  nodeGauges(metrics, ofNode);
  metrics.gauge(
    'node_figures_age_seconds',
    'How old the newest figures of the node are.',
    OF_NODE,
    ofNode(({ observedAt }) => Math.max(0, now().getTime() - Date.parse(observedAt)) / 1_000),
  );
  instanceGauges(metrics, ofInstance);
  return {
    observed(second) {
      const { node, fence, sequence } = second;
      const before = seconds.get(node);
      const missed = before?.fence === fence ? sequence - before.sequence - 1 : 0;
      gaps.inc({ node }, Math.max(0, missed));
      seconds.set(node, second);
    },
    forget(node) {
      seconds.delete(node);
      gaps.remove({ node });
    },
  };
}

function nodeGauges(metrics: Metrics, of: OfNode): void {
  metrics.gauge('node_cpu_used_cores', 'Cores in use on the node.', OF_NODE, of(usedCores));
  metrics.gauge(
    'node_load1',
    'Processes that ran or waited, on average over one minute.',
    OF_NODE,
    of(({ host }) => host.load1),
  );
  metrics.gauge(
    'node_memory_available_bytes',
    'Memory that programs of the node can still have.',
    OF_NODE,
    of(({ host }) => host.memoryAvailableBytes),
  );
  metrics.gauge(
    'node_cpus',
    'Cores of the node.',
    OF_NODE,
    of(({ sizes }) => sizes?.cpus),
  );
  metrics.gauge(
    'node_memory_total_bytes',
    'Memory of the node.',
    OF_NODE,
    of(({ sizes }) => sizes?.memoryBytes),
  );
  metrics.gauge(
    'node_disk_free_bytes',
    "Room on the file system of the engine's data.",
    OF_NODE,
    of(({ sizes }) => sizes?.diskFreeBytes),
  );
  metrics.gauge(
    'node_clock_skew_seconds',
    "By how much the node's clock is ahead.",
    OF_NODE,
    of(({ sizes }) => (sizes?.clockSkewMs === undefined ? undefined : sizes.clockSkewMs / 1_000)),
  );
}

function instanceGauges(metrics: Metrics, of: OfInstance): void {
  metrics.gauge(
    'instance_cpu_used_cores',
    'Cores in use.',
    OF_INSTANCE,
    of(({ usage }) => usage?.cpu),
  );
  metrics.gauge(
    'instance_cpu_peak_cores',
    'Cores in use in the busiest 100 ms of the second, where config.json asks for it.',
    OF_INSTANCE,
    of(({ usage }) => usage?.cpuPeak),
  );
  metrics.gauge(
    'instance_cpu_throttled_ratio',
    'Share of the periods of its CPU limit in which it was held back.',
    OF_INSTANCE,
    of(({ usage }) => usage?.throttled?.share),
  );
  metrics.gauge(
    'instance_memory_bytes',
    'Memory in use.',
    OF_INSTANCE,
    of(({ usage }) => usage?.memoryBytes),
  );
  metrics.counter(
    'instance_oom_kills_total',
    'Processes that the kernel killed for want of memory; begins at 0 with each start.',
    OF_INSTANCE,
    of(({ usage }) => usage?.oomKills),
  );
  metrics.counter(
    'instance_restarts_total',
    'How often its engine has started it again.',
    OF_INSTANCE,
    of(({ details }) => details?.restarts),
  );
}
