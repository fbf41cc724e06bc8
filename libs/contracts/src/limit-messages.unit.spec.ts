import { expect, it } from 'vitest';
import { limitRequested } from './messages/limit-requested.js';

const changed = (change: object) =>
  limitRequested.schema.safeParse({ ...limitRequested.example, changes: [change] }).success;

it.each([
  ['an instance', { instance: 'shop-web-0', limits: { cpus: 0.5 } }, true],
  ['a container by its name', { container: 'cache', limits: { cpus: 0.5 } }, true],
  ['a control group', { container: '/lxc/web.slice/a..b', limits: { cpus: null } }, true],
  ['nothing to change, so that limits are read', { instance: 'shop-web-0', limits: {} }, true],
  ['both an instance and a container', { instance: 'a', container: 'b', limits: {} }, false],
  ['neither', { limits: {} }, false],
  ['a path that leads elsewhere', { container: '/lxc/../docker', limits: {} }, false],
  ['a path with a dot', { container: '/./lxc', limits: {} }, false],
  ['the root of all groups', { container: '/', limits: {} }, false],
  ['a path that begins nowhere', { container: 'lxc/web', limits: {} }, false],
])('a limit request takes or refuses %s', (_what, change, isTaken) => {
  expect(changed(change)).toBe(isTaken);
});

// Fault 12 of the first platform: "-1" went into the kernel's files as it was written.
it.each([
  ['cpus', -1],
  ['cpus', 0],
  ['memoryBytes', -1],
  ['memoryBytes', 0],
  ['memoryBytes', 1.5],
  ['cpuset', '-1'],
  ['cpuset', ''],
  ['cpuset', '0; reboot'],
  ['diskReadBytesPerSecond', 0],
  ['diskWriteBytesPerSecond', -1],
  ['networkBytesPerSecond', '8mbit'],
])('a limit of %s is never %s', (name, value) => {
  expect(changed({ instance: 'shop-web-0', limits: { [name]: value } })).toBe(false);
});
