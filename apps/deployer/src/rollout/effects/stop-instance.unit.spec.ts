import { expect, it } from 'vitest';
import { nextEffects } from '../../task/domain/task.effects.js';
import type { StepWrites } from '../../task/domain/step-writes.js';
import { evolve, foldTask, type TaskState } from '../../task/domain/task.state.js';
import { accepted, releaseWith, running } from '../../task/domain/task.testing.js';
import type { InstanceEffectPorts } from '../instance.js';
import type { NodeEngines } from '../ports.js';
import { stopInstance } from './stop-instance.js';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const inMs = (ms: number): string => new Date(NOW.getTime() + ms).toISOString();
const instance = { name: 'old-0', node: 'node-1', container: 'c-old-0' };

interface Case {
  readonly stop?: object;
  /** What the operator asks for. */
  readonly drainMs?: number;
  readonly untilMs: number;
  /** Undefined where time is over before they have said so. */
  readonly carriers: number | undefined;
}

/** Stops an instance; what was done, in order. */
async function stopping({ stop = {}, untilMs, carriers, drainMs }: Case): Promise<readonly string[]> {
  const done: string[] = [];
  const instances = [running(instance.name, releaseWith('old', 1, { stop }))];
  const state = foldTask([accepted({ mode: 'stop' }), { type: 'InstancesSurveyed', data: { instances } }]);
  const engines: Pick<NodeEngines, 'stopAndRemove'> = {
    stopAndRemove: () => Promise.resolve(void done.push('stopped')),
  };
  const ports: Partial<InstanceEffectPorts> = {
    clock: { now: () => NOW },
    traffic: {
      untilDrained(name, timeoutMs) {
        done.push(`asked for ${name} within ${timeoutMs} ms`);
        return Promise.resolve(carriers);
      },
    },
    wait: (ms) => Promise.resolve(void done.push(`waited ${ms} ms`)),
    drainMs,
    instances: { of: () => Promise.resolve([]), volumes: () => Promise.resolve([]) },
    engines: engines as NodeEngines,
    limits: { fetchMs: 1_000, buildMs: 1_000, pushMs: 1_000, pullMs: 1_000, startMs: 1_000, stopMs: 1_000 },
  };
  const { signal } = new AbortController();
  const scope = { claim: { taskId: 't1/web', fence: 1n }, signal, kept: {} };
  const effect = { kind: 'stop-instance', instance, until: inMs(untilMs) } as const;
  await stopInstance.run(ports as InstanceEffectPorts, scope, state, effect);
  return done;
}

const asked = `asked for ${instance.name} within 5000 ms`;

it.each<readonly [string, Case, readonly string[]]>([
  [
    'that nobody sends traffic to is stopped at once where its config.json asks for no time',
    { untilMs: 5_000, carriers: 0 },
    [asked, 'stopped'],
  ],
  [
    'that nobody sends traffic to runs on for the time that its config.json asks for',
    { stop: { drainMs: 5_000 }, untilMs: 5_000, carriers: 0 },
    [asked, 'waited 5000 ms', 'stopped'],
  ],
  [
    'was stopped at once though DEPLOYER_DRAIN_MS was set and nobody carries traffic: it runs on for that time',
    { drainMs: 5_000, untilMs: 5_000, carriers: 0 },
    [asked, 'waited 5000 ms', 'stopped'],
  ],
  [
    'that all carriers have let go of is stopped then, whatever its config.json asks for',
    { stop: { drainMs: 5_000 }, untilMs: 5_000, carriers: 2 },
    [asked, 'stopped'],
  ],
  [
    'that a carrier holds on to is stopped when time is over',
    { stop: { drainMs: 5_000 }, untilMs: 5_000, carriers: undefined },
    [asked, 'stopped'],
  ],
  [
    'whose time was over when another replica took over asks nobody',
    { untilMs: 0, carriers: 0 },
    ['stopped'],
  ],
])('an instance %s', async (_, given, done) => {
  expect(await stopping(given)).toEqual(done);
});

/** Its node does not answer. */
async function stoppingAway(state: TaskState): Promise<StepWrites> {
  const away = Object.assign(new Error('no route'), { code: 'NODE_UNREACHABLE' });
  const ports: Partial<InstanceEffectPorts> = {
    clock: { now: () => NOW },
    instances: { of: () => Promise.resolve([]), volumes: () => Promise.resolve([]) },
    engines: { stopAndRemove: () => Promise.reject(away) } as unknown as NodeEngines,
    limits: { fetchMs: 1_000, buildMs: 1_000, pushMs: 1_000, pullMs: 1_000, startMs: 1_000, stopMs: 1_000 },
  };
  const scope = { claim: { taskId: 't1/web', fence: 1n }, signal: new AbortController().signal, kept: {} };
  const effect = { kind: 'stop-instance', instance, until: inMs(0) } as const;
  return stopInstance.run(ports as InstanceEffectPorts, scope, state, effect);
}

it('whose volumes another one waits for is not left behind when its node does not answer: that would write beside it', async () => {
  const config = { runtime: 'node', volumes: [{ name: 'data', path: '/app/data' }] };
  const release = releaseWith('old', 1, config);
  const state = foldTask([
    accepted({ mode: 'run' }),
    { type: 'InstancesSurveyed', data: { instances: [running(instance.name, release)] } },
    { type: 'ReleaseResolved', data: { release: releaseWith('new', 1, config) } },
    {
      type: 'PlanMade',
      data: { slots: [{ ordinal: 0, replaces: instance }], surplus: [], kept: [], notes: [] },
    },
  ]);
  const { events, sides } = await stoppingAway(state);
  expect(events).toMatchObject([{ type: 'StepFailed' }]);
  expect(sides).toEqual([{ kind: 'set-instance-state', name: instance.name, state: 'running' }]);
});

it('that was to make room and cannot be stopped goes on: it counts as running, and the task fails', async () => {
  const preemptor = { accessToken: 'order:web:0', appId: 'urgent', service: 'web', priority: 50 };
  const state = foldTask([
    accepted({ mode: 'scale', scale: { repairs: instance.name, moves: true, makesRoomFor: preemptor } }),
    {
      type: 'InstancesSurveyed',
      data: { instances: [running(instance.name, releaseWith('old', 1))], roomAwaited: true },
    },
    { type: 'ReleaseResolved', data: { release: releaseWith('old', 1) } },
    { type: 'PlanMade', data: { slots: [], surplus: [instance], kept: [], notes: [] } },
  ]);
  const { events, sides } = await stoppingAway(state);
  expect(events).toMatchObject([{ type: 'InstanceNotStopped' }]);
  expect(sides).toEqual([{ kind: 'set-instance-state', name: instance.name, state: 'running' }]);
  const after = events.reduce(evolve, state);
  expect(nextEffects(after)).toMatchObject([{ kind: 'fail', error: { message: 'stop-instance: no route' } }]);
});
