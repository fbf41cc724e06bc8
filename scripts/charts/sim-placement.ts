import type { TopLevelSpec } from 'vega-lite';
import type { RunFigures } from '../sim/placement/run.js';
import { GOAL_LINE, OTHER, OWN } from './draw.js';

/** What `sim:placement -- --json` prints, as far as it is drawn. */
export interface SimFigures {
  readonly runs: readonly RunFigures[];
}

const LEAST_PER_SECOND = 5_000;

/** Those that a chart shows first are the peers, in the order of the table. */
const orderOf = (runs: readonly RunFigures[]): readonly string[] => [
  ...new Set(runs.map(({ scheduler }) => scheduler)),
];

const isOwn = { test: "indexof(datum.scheduler, 'Slipway') === 0", value: OWN } as const;
const nodesTitle = "format(datum.value, ',') + ' nodes'";

interface Bars {
  readonly title: string;
  readonly subtitle: string;
  readonly measure: keyof RunFigures;
  readonly axis: string;
}

/** A bar for each scheduler, and a column for each size of fleet. */
function bars({ runs }: SimFigures, { title, subtitle, measure, axis }: Bars): TopLevelSpec {
  return {
    title: { text: title, subtitle },
    data: { values: [...runs] },
    facet: { column: { field: 'nodes', type: 'ordinal', title: null, header: { labelExpr: nodesTitle } } },
    spec: {
      width: 190,
      height: { step: 20 },
      layer: [
        {
          mark: { type: 'bar' },
          encoding: { color: { condition: isOwn, value: OTHER } },
        },
        {
          mark: { type: 'text', align: 'left', dx: 3, color: '#333333', fontSize: 10 },
          encoding: { text: { field: measure, type: 'quantitative', format: '.2f' } },
        },
      ],
      encoding: {
        y: { field: 'scheduler', type: 'nominal', title: null, sort: [...orderOf(runs)] },
        x: { field: measure, type: 'quantitative', title: axis },
      },
    },
  };
}

/** Against the number of nodes, both on scales of powers of ten. */
function speed({ runs }: SimFigures): TopLevelSpec {
  return {
    title: {
      text: 'Decisions in a second of processor time',
      subtitle: 'One core. The dashed line is the goal at 10,000 nodes.',
    },
    data: { values: [...runs] },
    width: 460,
    height: 300,
    layer: [
      {
        mark: { type: 'line', point: true, strokeWidth: 2 },
        encoding: {
          x: {
            ...{ field: 'nodes', type: 'quantitative', title: 'nodes', scale: { type: 'log' } },
            axis: { values: [...new Set(runs.map(({ nodes }) => nodes))], format: ',' },
          },
          y: {
            ...{ field: 'perSecond', type: 'quantitative', title: 'decisions/s', scale: { type: 'log' } },
            axis: { format: ',', values: [1_000, 10_000, 100_000, 1_000_000] },
          },
          color: { field: 'scheduler', type: 'nominal', title: null, sort: [...orderOf(runs)] },
          size: { condition: { ...isOwn, value: 3.5 }, value: 1.5, legend: null },
        },
      },
      {
        mark: { type: 'rule', strokeDash: [6, 4], color: GOAL_LINE },
        encoding: { y: { datum: LEAST_PER_SECOND } },
      },
    ],
  };
}

/** By the name of the file. */
export const simCharts = (figures: SimFigures): Readonly<Record<string, TopLevelSpec>> => ({
  'sim-placement-stranded': bars(figures, {
    title: 'CPU that is free where the usual instances do not fit',
    subtitle: 'At nine tenths of the fleet, after 20,000 instances came and went. Less is better.',
    measure: 'strandedAfterChurnPercent',
    axis: 'stranded CPU, %',
  }),
  'sim-placement-balance': bars(figures, {
    title: 'How far nodes differ in their reserved share',
    subtitle: 'At half of the fleet, standard deviation. Less is better; packing fills nodes on purpose.',
    measure: 'imbalancePercent',
    axis: 'imbalance, %',
  }),
  'sim-placement-zones': bars(figures, {
    title: 'Zones that the replicas of a service run in',
    subtitle: 'Of as many as there could be, at half of the fleet. More is better.',
    measure: 'zoneSpreadPercent',
    axis: 'zones, %',
  }),
  'sim-placement-speed': speed(figures),
});
