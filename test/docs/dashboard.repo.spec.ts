import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '#libs/telemetry';
import { definedMetrics } from './defined-metrics.js';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
  readonly panels: readonly Panel[];
}

function dashboardOf(name: string) {
  const file = join(import.meta.dirname, `../../docs/dashboards/${name}.json`);
  const { panels, templating } = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
  const queries = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
  );
  const read = [
    ...queries.map(({ title, expr }) => ({ title, ...readQuery(asAsked(expr)) })),
    ...templating.list
      .filter((variable) => variable.name !== 'datasource')
      .map((variable) => ({ title: `$${variable.name}`, ...readVariable(variable.query) })),
  ];
  return { panels, queries, read, variables: templating.list.map((variable) => variable.name) };
}

/** What Grafana puts in before it asks. */
const asAsked = (query: string): string => query.replaceAll('$__rate_interval', '1m');

/** The metrics and labels of a query, and what of it Prometheus would not understand. */
function readQuery(query: string) {
  const [metrics, labels, errors]: [string[], string[], string[]] = [[], [], []];
  parser.parse(query).iterate({
    enter({ name, type, from, to }) {
      const text = query.slice(from, to);
      if (type.isError) errors.push(query.slice(from - 10, to + 10));
      if (name === 'Identifier') metrics.push(text);
      if (name === 'LabelName') labels.push(text);
    },
  });
  return { metrics, labels, errors };
}

/** `label_values(metric{...}, label)`: the metric is a query of its own. */
function readVariable(query: string) {
  const [, selector = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
  const { labels, ...read } = readQuery(selector);
  return { ...read, labels: [...labels, label] };
}

const ofNode = createMetrics('agent')
  .registry.getMetricsAsArray()
  .map(({ name }) => name);
const known = new Set([...definedMetrics(), ...ofNode]);
/** A histogram is asked for by its buckets. */
const isKnown = (name: string): boolean => known.has(name) || known.has(name.replace(/_bucket$/, ''));
/** Those of the pages, and what every metric of a replica has. */
const LABELS = [
  ...['node', 'app_id', 'service', 'instance', 'app', 'le'],
  ...['code', 'result', 'end', 'reason', 'at', 'fault', 'name'],
];

const AGENT_METRIC = /^slipway_(?:node|instance|agent)_/;

describe.each([
  ['agent', AGENT_METRIC],
  // How often it changed something is of no use in a chart beside how long that took.
  ['gateway', /^slipway_gateway_(?!haproxy_changes_total)/],
] as const)('the dashboard %s', (name, ofApp) => {
  const { panels, queries, read, variables } = dashboardOf(name);

  it.each(read)('$title asks for what there is, in words of Prometheus', ({ metrics, labels, errors }) => {
    expect(errors).toEqual([]);
    expect(metrics).not.toEqual([]);
    expect(metrics.filter((metric) => !isKnown(metric))).toEqual([]);
    expect(labels.filter((label) => !LABELS.includes(label))).toEqual([]);
  });

  it('shows every metric of its app', () => {
    const shown = new Set(read.flatMap(({ metrics }) => metrics.map((one) => one.replace(/_bucket$/, ''))));
    const all = definedMetrics().filter((metric) => ofApp.test(metric));
    expect(all.filter((metric) => !shown.has(metric))).toEqual([]);
  });

  it('uses the variables that it has, and names in legends that the metrics have', () => {
    const used = queries.flatMap(({ expr }) => [...expr.matchAll(/\$(?!__)(\w+)/g)].map(([, one]) => one));
    expect(used.filter((one) => !variables.includes(String(one)))).toEqual([]);
    const legends = queries.flatMap(({ legendFormat }) =>
      [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, one]) => one),
    );
    expect(legends.filter((one) => !LABELS.includes(String(one)))).toEqual([]);
  });

  it('has panels with an id of their own each, none over another', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});

it('what is no query of Prometheus is found', () => {
  expect(readQuery('rate(slipway_node_load1{node="a"}[1m]').errors).not.toEqual([]);
  expect(readQuery('slipway_node_load1{node==~"a"}').errors).not.toEqual([]);
});
