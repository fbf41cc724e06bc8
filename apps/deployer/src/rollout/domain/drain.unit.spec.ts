import { expect, it } from 'vitest';
import { foldTask } from '../../task/domain/task.state.js';
import { accepted, releaseWith, running } from '../../task/domain/task.testing.js';
import { drainOf } from './drain.js';

const stateWith = (stop: object) => {
  const instances = [running('a', releaseWith('old', 1, { stop }))];
  return foldTask([accepted({ mode: 'stop' }), { type: 'InstancesSurveyed', data: { instances } }]);
};

it.each([
  ['config.json comes before the operator', { drainMs: 100 }, 900, { ms: 100, isDeclared: true }],
  ['the operator is heard where config.json says nothing', {}, 900, { ms: 900, isDeclared: true }],
  ['an operator who asks for no time is heard, too', {}, 0, { ms: 0, isDeclared: true }],
  ['where nobody asks for a time, only carriers get one', {}, undefined, { ms: 5_000, isDeclared: false }],
])('how long an instance drains: %s', (_, stop, declaredMs, drain) => {
  expect(drainOf(stateWith(stop), 'a', declaredMs)).toEqual(drain);
});
