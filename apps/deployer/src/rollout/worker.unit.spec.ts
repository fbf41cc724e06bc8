import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EffectOf } from '../task/domain/task.effects.js';
import { foldTask } from '../task/domain/task.state.js';
import { accepted, releaseWith, running } from '../task/domain/task.testing.js';
import { decide } from '../task/domain/decide.js';
import { deploymentReply } from '../requests/domain/reply.js';
import { drainOf } from './domain/drain.js';
import { makePlan } from './domain/plan.js';
import { launch } from './effects/start-instance.js';
import { reportOf } from './instance.js';
import type { ContainerRun, LaunchSpec, NodeEngines } from './ports.js';
import { probeUntilHealthy } from './probe-until-healthy.js';

const release = releaseWith('new', 1, { runtime: 'node', port: undefined, health: { stableMs: 700 } });
const at = '2026-01-01T00:00:00.000Z';
const now = new Date(at);
/** As a load balancer of before there were workers answers. */
const node = { name: 'node-1', address: '10.0.0.9', port: 21_000, score: 50 };
const address = { node: 'node-1', ip: '10.0.0.9', container: 'c', startedAt: at };
const slot = { ordinal: 0, accessToken: 't:web:0', pulled: true, healthy: false, name: 'w-0', address, node };

describe('case 21: a worker without a port was CONFIG_INVALID', () => {
  const state = foldTask([
    accepted({}),
    { type: 'InstancesSurveyed', data: { instances: [] } },
    { type: 'ReleaseResolved', data: { release } },
    { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
  ]);

  it('it asks for a node without a port', () => {
    const effect = { kind: 'request-node', ordinal: 0, accessToken: 't1:web:0' } as const;
    expect(decide(effect, state, { now })?.sides).toMatchObject([{ request: { needsPort: false } }]);
  });

  it('nothing of it is published, and its address is nowhere', async () => {
    const launched: LaunchSpec[] = [];
    const engines: Partial<NodeEngines> = {
      launch: (_node, spec) => {
        launched.push(spec);
        return Promise.resolve({ container: 'c', startedAt: at });
      },
    };
    const effect = { kind: 'start-instance', ordinal: 0, node, release, accessToken: 't1:web:0' } as const;
    const ports = { engines: engines as NodeEngines, secrets: { values: vi.fn(), names: vi.fn() } };
    const started = await launch(ports, { taskId: 't1/web', fence: 1n }, state, effect);
    expect(started.address).toEqual(address);
    expect(launched[0]?.hostPort).toBeUndefined();
    const report = reportOf(state, release, slot, { state: 'running' }, now);
    expect(report).toMatchObject({ ip: '10.0.0.9', node: 'node-1' });
    expect(JSON.parse(JSON.stringify(report))).not.toHaveProperty('url');
    expect(report.port).toBeUndefined();
  });

  it('is no endpoint, whatever it is called', () => {
    const service = { name: 'app-server', status: 'running', instances: [address], phases: {} } as const;
    expect(deploymentReply('t1', [{ ...service, instances: [address] }]).endpoint).toBeUndefined();
  });

  it('does not drain: nobody sends it traffic', () => {
    const config = { runtime: 'node', port: undefined, stop: { drainMs: 9_000 } };
    const instances = [running('a', releaseWith('old', 1, config))];
    const stopping = foldTask([
      accepted({ mode: 'stop' }),
      { type: 'InstancesSurveyed', data: { instances } },
    ]);
    expect(drainOf(stopping, 'a', 900)).toEqual({ ms: 0, isDeclared: false });
  });

  it('that is replaced says that two work for a while', () => {
    const replacing = foldTask([
      accepted({}),
      { type: 'InstancesSurveyed', data: { instances: [running('a', releaseWith('old', 1))] } },
      { type: 'ReleaseResolved', data: { release } },
    ]);
    expect(makePlan(replacing, at).notes).toEqual([
      'It is a worker: a new instance works beside the old one until that is stopped.',
    ]);
  });
});

const up: ContainerRun = { running: true, restartCount: 0 };

/** Watches a worker whose engine says this of it, look by look; the last for ever. */
function watching(runs: readonly (ContainerRun | undefined)[], exit?: Promise<number>) {
  let looks = 0;
  const engines: Partial<NodeEngines> = {
    inspect: () => Promise.resolve(runs[Math.min((looks += 1), runs.length) - 1]),
    firstExit: () => exit ?? new Promise<number>(() => undefined),
    logTail: () => Promise.resolve('its last words'),
    sockets: () => Promise.resolve(undefined),
  };
  const effect: EffectOf<'probe-instance'> = {
    ...{ kind: 'probe-instance', ordinal: 0, release, node, slot },
  };
  const ports = {
    engines: engines as NodeEngines,
    prober: { probe: () => Promise.reject(new Error('a worker was asked')) },
    wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    ...{ healthTimeoutMs: 4_000, stableMs: 0, onNote: () => undefined },
  };
  return { looks: () => looks, result: probeUntilHealthy(ports, effect, new AbortController().signal) };
}

describe('a worker that starts', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    vi.setTimerTickMode('nextTimerAsync');
  });
  afterEach(() => vi.useRealTimers());

  it('runs well once it has stayed up for its stability window, also where it replaces nothing', async () => {
    const begun = performance.now();
    const { result, looks } = watching([up]);
    await result;
    expect(performance.now() - begun).toBeGreaterThanOrEqual(700);
    expect(looks()).toBe(2);
  });

  it('and ends within that window fails with its exit code', async () => {
    const exit = new Promise<number>((resolve) => setTimeout(() => resolve(3), 300));
    await expect(watching([up], exit).result).rejects.toMatchObject({
      code: 'CONTAINER_EXITED',
      message: expect.stringMatching(/exited with code 3.* It has no port/) as string,
      logTail: 'its last words',
    });
  });

  it('and was started again within that window fails, though nobody told its end', async () => {
    const { result } = watching([up, { ...up, restartCount: 1 }]);
    await expect(result).rejects.toMatchObject({ code: 'CONTAINER_EXITED' });
  });
});
