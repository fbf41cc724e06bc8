import { expect, it } from 'vitest';
import { newcomer } from './balance.js';
import { overridden } from './overridden.js';
import { steeringOf } from './steering-of.js';

const instances = ['a', 'b'].map((name) => newcomer(name, 0, true));
const steered = (overrides: readonly (readonly [string, number])[], all = instances) =>
  overridden(all, new Map(overrides.map(([name, weight]) => [name, { weight }]))).map((one) => {
    const { weight, isOut } = steeringOf(one, 'least');
    return isOut ? 'out' : weight;
  });

it('a weight that an operator has set counts in place of that of the gateway', () => {
  expect(steered([['a', 20]])).toEqual([20, 100]);
});

it('a weight of 0 takes an instance out while another one can serve', () => {
  expect(steered([['a', 0]])).toEqual(['out', 100]);
});

it('a weight of 0 that somebody forgot does not take the service away', () => {
  expect(
    steered([
      ['a', 0],
      ['b', 0],
    ]),
  ).toEqual([1, 1]);
  expect(steered([['a', 0]], instances.slice(0, 1))).toEqual([1]);
  const [a, b] = instances;
  expect(steered([['a', 0]], [a!, { ...b!, isWanted: false }])).toEqual([1, 100]);
});

it('once it has ended, the gateway weighs by itself again', () => {
  const set = overridden(instances, new Map([['a', { weight: 0 }]]));
  expect(overridden(set, new Map())).toEqual(instances);
});
