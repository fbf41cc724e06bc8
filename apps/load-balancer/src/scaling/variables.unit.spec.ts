import { expect, it } from 'vitest';
import { z } from 'zod';
import { scalingVariables } from './variables.wire.js';

const schema = z.object(scalingVariables);
const wrongIn = (given: object) => schema.safeParse(given).error?.issues.map(({ path }) => path[0]) ?? [];

it('LOAD_BALANCER_SCALING_FIGURES_DAYS took a day and a half, which no row is kept for', () => {
  expect(wrongIn({ LOAD_BALANCER_SCALING_FIGURES_DAYS: '1.5' })).toEqual([
    'LOAD_BALANCER_SCALING_FIGURES_DAYS',
  ]);
  expect(wrongIn({ LOAD_BALANCER_SCALING_DECISIONS_DAYS: '1.5' })).toEqual([
    'LOAD_BALANCER_SCALING_DECISIONS_DAYS',
  ]);
  expect(wrongIn({ LOAD_BALANCER_SCALING_FIGURES_DAYS: '2' })).toEqual([]);
});

it.each<[string, boolean]>([
  ['', true],
  ['*', true],
  ['http://prom:9090, https://prom/tenants/shop', true],
  ['prom:9090', false],
  ['http://ada:secret@prom', false],
  ['http://prom/?tenant=a', false],
])('the Prometheus servers %j are taken: %s', (servers, isTaken) => {
  expect(wrongIn({ LOAD_BALANCER_PROMETHEUS_SERVERS: servers })).toEqual(
    isTaken ? [] : ['LOAD_BALANCER_PROMETHEUS_SERVERS'],
  );
});
