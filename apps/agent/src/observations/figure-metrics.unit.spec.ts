import { expect, it } from 'vitest';
import type { ObservedNode } from '#libs/observations';
import { createMetrics } from '#libs/telemetry';
import { createFigureMetrics } from './adapters/figure-metrics.js';

const second = (cpu: number, sequence = 1): ObservedNode => ({
  ...{ node: 'node-1', fence: 1, sequence, observedAt: new Date(0).toISOString() },
  host: {
    ...{ seconds: 1, cpu: { user: 1, system: 0.5, iowait: 4, steal: 0.25 }, load1: 3 },
    ...{ memoryAvailableBytes: 600, swapUsedBytes: 0 },
  },
  sizes: { cpus: 4, memoryBytes: 1_000, swapBytes: 0, diskFreeBytes: 50, clockSkewMs: -250 },
  instances: new Map([
    [
      'shop-web-1',
      {
        instance: 'shop-web-1',
        identity: { container: 'c', appId: 'shop', service: 'web', release: 'r' },
        usage: { cpu, cpuPeak: 0.9, memoryBytes: 100, throttled: { share: 0.5, secondsPerSecond: 0 } },
      },
    ],
  ]),
  others: { count: 0, cpu: 0, memoryBytes: 0 },
});

it('the newest second of each node is there for Prometheus until the node is watched no longer', async () => {
  const metrics = createMetrics('agent');
  const figures = createFigureMetrics(metrics, () => new Date(2_500));
  figures.observed(second(0.1));
  figures.observed(second(0.2, 5));
  const text = await metrics.registry.metrics();
  const ofInstance = 'node="node-1",app_id="shop",service="web",instance="shop-web-1",app="agent"';
  for (const line of [
    'slipway_node_cpu_used_cores{node="node-1",app="agent"} 1.75',
    'slipway_node_gaps_total{node="node-1",app="agent"} 3',
    'slipway_node_figures_age_seconds{node="node-1",app="agent"} 2.5',
    'slipway_node_memory_total_bytes{node="node-1",app="agent"} 1000',
    'slipway_node_clock_skew_seconds{node="node-1",app="agent"} -0.25',
    `slipway_instance_cpu_used_cores{${ofInstance}} 0.2`,
    `slipway_instance_cpu_peak_cores{${ofInstance}} 0.9`,
    `slipway_instance_cpu_throttled_ratio{${ofInstance}} 0.5`,
  ])
    expect(text).toContain(`${line}\n`);
  expect(text).not.toMatch(/^slipway_instance_oom_kills_total\{/m);
  figures.forget('node-1');
  expect(await metrics.registry.metrics()).not.toContain('node-1');
});

it('kills and restarts were gauges: a container that was started again hid its kills', async () => {
  const metrics = createMetrics('agent');
  const figures = createFigureMetrics(metrics, () => new Date(0));
  const { instances, ...rest } = second(0.1);
  const [[name, instance] = expect.fail()] = instances;
  const usage = instance.usage && { ...instance.usage, oomKills: 2 };
  figures.observed({
    ...rest,
    instances: new Map([[name, { ...instance, usage, details: { restarts: 3, limits: {} } }]]),
  });
  for (const _ of ['a scrape', 'the next one']) {
    const text = await metrics.registry.metrics();
    for (const [of, value] of [
      ['oom_kills', 2],
      ['restarts', 3],
    ]) {
      expect(text).toContain(`# TYPE slipway_instance_${of}_total counter\n`);
      expect(text).toMatch(new RegExp(`^slipway_instance_${of}_total\\{.*\\} ${value}$`, 'm'));
    }
  }
});
