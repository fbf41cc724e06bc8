import { describe, expect, it } from 'vitest';
import { deploymentReply, serviceReply } from '../requests/domain/reply.js';
import { firstSpec } from '../services/domain/spec.js';
import { decide, type Given } from '../task/domain/decide.js';
import { isRecorded } from '../task/domain/effect-table.js';
import type { SideWrite } from '../task/domain/step-writes.js';
import type { TaskEventOf } from '../task/domain/task.events.js';
import { accepted, releaseWith, running, runToEnd, type World } from '../task/domain/task.testing.js';
import { gatewayAddressOf } from './domain/gateway-address.js';

const routes = [{ host: 'shop.org', path: '/' }];
const routed = releaseWith('new', 1, { routes });
const plain = releaseWith('new', 1);
const given: Given = { now: new Date(0), gateway: gatewayAddressOf('https://example.com') };

/** Runs a task to its end; with what is written beside its events. */
function ran(task: Partial<TaskEventOf<'TaskAccepted'>['data']>, world: World) {
  const sides: SideWrite[] = [];
  const { state, done } = runToEnd(accepted(task), world, (before, effect) => {
    if (!isRecorded(effect)) return undefined;
    const writes = decide(effect, before, given);
    sides.push(...(writes.sides ?? []));
    return writes.events;
  });
  return { state, done, ends: sides.filter(({ kind }) => kind === 'end-routes') };
}

describe('a deployment that declares routes', () => {
  it('asks before it is built whether it could have them: it was refused after minutes of a build', () => {
    const { done } = ran({ mode: 'build-and-run' }, { release: routed });
    expect(done.indexOf('check-secrets')).toBe(done.indexOf('build-image') - 1);
    expect(ran({ mode: 'build-and-run' }, { release: plain }).done).not.toContain('check-secrets');
  });

  it('claims them before its plan, and says at its end whether they count', () => {
    const { done, ends } = ran({ mode: 'build-and-run' }, { release: routed });
    expect(done.indexOf('claim-routes')).toBe(done.indexOf('make-plan') - 1);
    expect(done).toContain('survey');
    expect(ends).toEqual([{ kind: 'end-routes', outcome: 'after' }]);
  });

  it.each(['probe-instance 0', 'claim-routes'])('that fails in %s gives them back', (failing) => {
    const world = { release: routed, failing: [failing] };
    expect(ran({ mode: 'build-and-run' }, world).ends).toEqual([{ kind: 'end-routes', outcome: 'before' }]);
  });

  it('that is only planned asks whether it could have them, and writes nothing', () => {
    const { done, ends } = ran({ mode: 'run', dryRun: true }, { release: routed });
    expect(done).toContain('claim-routes');
    expect(ends).toEqual([]);
  });

  it.each(['build', 'rollback', 'stop', 'scale'] as const)('is none in the mode %s', (mode) => {
    const before = [running('a', routed)];
    const { done, ends } = ran({ mode, scale: { to: 2 } }, { release: routed, before });
    expect(done).not.toContain('claim-routes');
    expect(ends).toEqual([]);
  });
});

it('a deployment that declares none asks nobody, unless its service had some', () => {
  expect(ran({ mode: 'run' }, { release: plain }).done).not.toContain('claim-routes');
  const had = { routes, declared: routes, setBy: 'config.json' } as const;
  expect(ran({ mode: 'run' }, { release: plain, routes: had }).done).toContain('claim-routes');
});

it('a plan says what a deployment leaves alone', () => {
  const world = { release: routed, claimed: { routes: [], declared: routes, setBy: 'api' } } as const;
  const { state } = ran({ mode: 'run', dryRun: true }, world);
  expect(serviceReply(state).notes?.join()).toContain('Its routes were set by the API and stay');
  expect(serviceReply(ran({ mode: 'run' }, { release: routed }).state).notes).toBeUndefined();
});

describe('the endpoint of a reply', () => {
  it('is the address at the gateway: the first route, or the own one', () => {
    const reply = (state: Parameters<typeof serviceReply>[0]) => serviceReply(state, given.gateway).endpoint;
    expect(reply(ran({ mode: 'run' }, { release: routed }).state)).toEqual({ url: 'https://shop.org' });
    expect(reply(ran({ mode: 'run' }, { release: plain }).state)).toEqual({
      url: 'https://web.shop.example.com',
    });
    const worker = releaseWith('new', 1, { port: undefined, command: 'work' });
    expect(reply(ran({ mode: 'run' }, { release: worker }).state)).toBeUndefined();
    expect(serviceReply(ran({ mode: 'run' }, { release: plain }).state).endpoint).toBeUndefined();
  });

  it('of a scaling is that of what runs', () => {
    const by = { arrival: 1, at: '2026-01-01T00:00:00.000Z', by: 'run', token: 't0' };
    const { resources: limits } = routed.config;
    const spec = firstSpec({ release: 'new' }, { count: 1, limits }, by);
    const had = { routes, declared: routes, setBy: 'config.json' } as const;
    const world = { release: routed, before: [running('a', routed)], spec, routes: had };
    const { state } = ran({ mode: 'scale', scale: { to: 2 } }, world);
    expect(serviceReply(state, given.gateway).endpoint).toEqual({ url: 'https://shop.org' });
  });

  it('of app-server is that of the whole, with the place of its first instance', () => {
    const { state } = ran({ mode: 'run', service: 'app-server' }, { release: plain });
    const whole = deploymentReply('t1', [serviceReply(state, given.gateway)]);
    expect(whole.endpoint).toEqual({ ip: '10.0.0.1', port: 20_000, url: 'https://shop.example.com' });
  });
});
