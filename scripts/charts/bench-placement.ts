import type { TopLevelSpec } from 'vega-lite';
import type { Results } from '../bench/placement/report.js';
import { GOAL_LINE, OWN } from './draw.js';

const LEAST_PER_SECOND = 500;

/** By the name of the file. */
export const benchCharts = ({ nodes, rounds }: Results): Readonly<Record<string, TopLevelSpec>> => ({
  'bench-placement': {
    title: {
      text: 'Placed a second, from the request on Kafka to the answer on Kafka',
      subtitle: [
        `${nodes.toLocaleString('en')} nodes; 2 cores for Kafka, Postgres, load balancers and the client.`,
        'The dashed line is the goal.',
      ],
    },
    data: {
      values: rounds
        .map(({ replicas, full }) => ({ replicas, ...full }))
        .sort((a, b) => a.replicas - b.replicas),
    },
    width: 460,
    height: { step: 36 },
    encoding: {
      y: { field: 'replicas', type: 'ordinal', title: 'load balancers' },
    },
    layer: [
      {
        mark: { type: 'bar', color: OWN },
        encoding: { x: { field: 'placedPerSecond', type: 'quantitative', title: 'placed/s' } },
      },
      {
        mark: { type: 'text', align: 'left', dx: 4, color: '#333333' },
        encoding: {
          x: { field: 'placedPerSecond', type: 'quantitative' },
          text: { field: 'placedPerSecond', type: 'quantitative', format: ',' },
        },
      },
      {
        mark: { type: 'rule', strokeDash: [6, 4], color: GOAL_LINE },
        encoding: { x: { datum: LEAST_PER_SECOND }, y: { value: 0 }, y2: { value: 'height' } },
      },
    ],
  },
});
