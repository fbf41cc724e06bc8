import { expect, it } from 'vitest';
import { idleOption, type TrafficOptionsGiven } from './traffic-options.js';

const problem = (given: Partial<TrafficOptionsGiven>): string | undefined =>
  idleOption({ isTimeoutGiven: false, ...given })?.message;

it.each<[Partial<TrafficOptionsGiven>, string]>([
  [{ weight: ['x=20'], release: 'r=10' }, '--weight cannot be used with --release'],
  [{ for: '10m' }, '--for needs --weight'],
  [{ for: '10m', release: 'r=10' }, '--for needs --weight'],
  [{ for: '10m', weight: ['x=auto'] }, '--for cannot be used with auto alone'],
  [{ instances: 2 }, '--instances needs --release'],
  [{ instances: 2, weight: ['x=20'] }, '--instances needs --release'],
  [{ reason: 'why', weight: ['x=20'] }, '--reason needs --release'],
  [{ token: 't1' }, '--token needs --release'],
  [{ isTimeoutGiven: true }, '--timeout needs --release'],
])('%j was accepted and ignored', (given, message) => {
  expect(problem(given)).toBe(message);
});

it.each<[Partial<TrafficOptionsGiven>]>([
  [{}],
  [{ weight: ['x=20', 'y=auto'], for: '10m' }],
  [{ weight: ['x=auto'] }],
  [{ release: 'r=10', instances: 2, reason: 'why', token: 't1', isTimeoutGiven: true }],
])('%j does something each', (given) => {
  expect(problem(given)).toBeUndefined();
});
