import { expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';
import { problemsOf } from './service-config.testing.js';

it.each([
  ['healthcheck', 'health'],
  ['comand', 'command'],
  ['prot', 'port'],
  ['envs', 'env'],
  ['port', undefined],
  ['language', undefined],
])('%s means %s', (name, meant) => {
  expect(nearestName(name, ['health', 'command', 'port', 'env', 'init'])).toBe(meant);
});

it('an unknown field was told without the one that was meant', () => {
  expect(problemsOf({ runtime: 'node', port: 1, healthcheck: { path: '/' }, xyz: 1 })).toEqual([
    { field: 'healthcheck', expected: 'unknown field; is health meant?' },
    { field: 'xyz', expected: 'unknown field; check its spelling' },
  ]);
});
