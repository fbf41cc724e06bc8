import { describe, expect, it } from 'vitest';
import type { RegistryInstance, RegistryServiceLine } from '#libs/contracts';
import { isKnown, servicesWithInstances, startCommand, statusLines } from './status-lines.js';

const line = (more: Partial<RegistryServiceLine>): RegistryServiceLine => ({
  ...{ appId: 'hello', service: 'greeter', running: 0, wanted: 0, wantedRelease: 'r1', release: null },
  ...{ wantedState: 'stopped', reportedAt: '2026-01-01T00:00:00Z', ...more },
});
const rowOf = (more: Partial<RegistryServiceLine>): string | undefined => statusLines([line(more)], [])[1];
const scaledToNone = line({ service: 'idle', wantedState: 'running' });

describe('the services of slipway status', () => {
  it('a stopped service vanishes: it has a row, as what is scaled to 0 has', () => {
    expect([line({}), scaledToNone].every(isKnown)).toBe(true);
    expect(statusLines([line({}), scaledToNone], [])).toEqual([
      'APP    SERVICE  RUNNING  STATE        RELEASE',
      'hello  greeter  0/0      stopped      r1',
      'hello  idle     0/0      scaled to 0  r1',
    ]);
  });

  it('are counted against what is wanted', () => {
    const wanted = { wanted: 3, wantedState: 'running' } as const;
    expect(rowOf({ ...wanted, running: 2, release: 'r0' })).toMatch(/ 2\/3 +running +r0$/);
    expect(rowOf(wanted)).toMatch(/ 0\/3 +not running +r1$/);
    expect(rowOf({ running: 1 })).toMatch(/ 1\/0 +stopping /);
  });

  it('one that was woken was said not to run, as if something was wrong', () => {
    const scaling = { min: 0, max: 4, targets: { concurrency: 20 } };
    const woken = { wanted: 1, wantedState: 'running', scaling } as const;
    expect(rowOf(woken)).toMatch(/ 0\/1 +starting +r1$/);
    expect(rowOf({ ...woken, crashing: 1 })).toMatch(/ 0\/1 +crashing /);
    expect(rowOf({ ...woken, scaling: { ...scaling, min: 1 } })).toMatch(/ 0\/1 +not running /);
  });

  it('of which nothing runs and nothing is known to be wanted are of the past', () => {
    const past = { wanted: null, wantedState: null, wantedRelease: null };
    expect([isKnown(line(past)), isKnown(line({ ...past, running: 1 }))]).toEqual([false, true]);
    expect(rowOf({ ...past, running: 1 })).toMatch(/greeter +1 +running +-$/);
  });
});

it('a worker of slipway status has no address', () => {
  const worker: RegistryInstance = {
    ...{ appId: 'a', service: 'w', instance: 'a-w-0', state: 'running', release: 'r1', node: 'node-1' },
    reportedAt: '2026-01-01T00:00:00Z',
  };
  expect(statusLines([], [worker])[1]).toMatch(/^a +w +running +node-1 +- +r1 +a-w-0$/);
});

describe('the services of slipway status --json', () => {
  const instance = (appId: string, service: string): RegistryInstance => ({
    ...{ appId, service, instance: `${appId}-${service}-0`, state: 'running', release: 'r1' },
    ...{ node: 'node-1', url: 'http://10.80.0.11:20000', reportedAt: '2026-01-01T00:00:00Z' },
  });

  it('did not say what the table says: each has its state, what is wanted, and its own instances', () => {
    const running = line({ running: 1, wanted: 3, wantedState: 'running', release: 'r1' });
    const own = instance('hello', 'greeter');
    const waits = {
      ...{ token: 't1', accessToken: 't1:greeter:0', appId: 'hello', service: 'greeter', priority: 0 },
      ...{ since: '2026-01-01T00:00:00Z', until: '2026-01-01T00:01:00Z', missing: [] },
    };
    const elsewhere = { ...waits, appId: 'other' };
    const others = [instance('other', 'greeter'), instance('hello', 'web')];
    expect(servicesWithInstances([running, scaledToNone], [own, ...others], [waits, elsewhere])).toEqual([
      { ...running, state: 'running', instances: [own], waiting: [waits] },
      { ...scaledToNone, state: 'scaled to 0', instances: [], waiting: [] },
    ]);
  });
});

it('a canary is counted, and told below the tables', () => {
  const canary = { release: 'r2', percent: 10, count: 1 };
  const wanted = { wanted: 1, wantedState: 'running', wantedRelease: 'r1' } as const;
  const lines = statusLines([line({ running: 2, release: 'r2', canary, ...wanted })], []);
  expect(lines[1]).toMatch(/ 2\/2 +running +r1$/);
  expect(lines.at(-1)).toMatch(/: 10 % of the requests go to release r2 \(canary\)\. See: slipway traffic /);
});

describe('a service that crashes again and again', () => {
  const crashing = { restarts: 4, since: '2026-01-01T00:00:00.000Z' };
  const one: RegistryInstance = {
    ...{ appId: 'hello', service: 'greeter', instance: 'greeter-0', state: 'running', release: 'r1' },
    ...{ node: 'node-1', url: 'http://10.80.0.11:1', reportedAt: '2026-01-01T00:00:00Z', crashing },
  };
  const service = line({ running: 1, crashing: 1, wanted: 1, wantedState: 'running', release: 'r1' });

  it('was shown as running: status says crashing, how often it was restarted and since when', () => {
    const lines = statusLines([service], [one]);
    expect(lines[1]).toMatch(/ 1\/1 +crashing +r1$/);
    expect(lines[4]).toMatch(/greeter +crashing +node-1/);
    expect(lines.at(-1)).toBe(
      'greeter-0 is crashing: it was restarted 4 times, first seen at 2026-01-01T00:00:00.000Z. See: slipway logs hello greeter',
    );
    const once = statusLines([], [{ ...one, crashing: { ...crashing, restarts: 1 } }]);
    expect(once.at(-1)).toContain('restarted once');
  });

  it('was running for programs, too', () => {
    expect(servicesWithInstances([service], [one], [])).toMatchObject([
      { state: 'crashing', instances: [{ state: 'crashing', crashing }] },
    ]);
  });
});

describe('the next command where nothing runs', () => {
  it.each<[string, string, readonly RegistryServiceLine[]]>([
    ['deploys', 'slipway deploy <dir> --app hello', []],
    [
      'runs what is stopped, of one application',
      'slipway run hello greeter web',
      [...[line({}), scaledToNone, line({ service: 'web' }), line({ appId: 'other' })]],
    ],
    ['scales what is scaled to 0', 'slipway scale hello idle 1', [scaledToNone]],
    ['deploys what never ran well', 'slipway deploy <dir> --app hello', [line({ wantedRelease: null })]],
  ])('%s', (_, command, services) => {
    expect(startCommand(services, 'hello')).toBe(command);
  });
});

it('services have a column for their address once one is known', () => {
  const [web, mailer] = [line({ running: 1 }), line({ service: 'mailer', running: 1 })];
  expect(statusLines([web, mailer], [])[0]).not.toContain('ENDPOINT');
  const known = new Map([[`${web.appId}/${web.service}`, 'https://shop.org']]);
  const [head, first, second] = statusLines([web, mailer], [], known);
  expect([head, first]).toEqual([
    expect.stringMatching(/ENDPOINT$/),
    expect.stringMatching(/https:..shop.org$/),
  ]);
  expect(second).toMatch(/ -$/);
  expect(servicesWithInstances([web, mailer], [], [], known)).toMatchObject([
    { endpoint: { url: 'https://shop.org' } },
    { endpoint: undefined },
  ]);
});
