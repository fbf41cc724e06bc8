import { describe, expect, it } from 'vitest';
import { parseServiceConfig, type RequestMode } from '#libs/contracts';
import { deploymentReply, serviceReply } from './reply.js';
import { nextEffect } from './task.effects.js';
import type { Release, TaskEvent } from './task.events.js';
import { evolve, foldTask } from './task.state.js';

const config = parseServiceConfig(JSON.stringify({ runtime: 'static', port: 8080, replicas: 2 }));
const release: Release = {
  id: 'shop-web-abc',
  sourceDigest: 'a'.repeat(64),
  image: 'r/shop/web@sha256:1',
  config,
};
const accepted = (mode: RequestMode): TaskEvent => ({
  type: 'TaskAccepted',
  data: {
    token: 't1',
    appId: 'shop',
    appName: 'Shop',
    service: 'web',
    mode,
    source: { blob: 'shop--web.zip' },
    deadlineAt: '2026-01-01T00:00:00.000Z',
  },
});
const fetched: TaskEvent = {
  type: 'SourceFetched',
  data: { sourceDigest: release.sourceDigest, config, phase: 'fetch', ms: 5 },
};
const built: TaskEvent = { type: 'ImageBuilt', data: { tag: 'r/shop/web:a', phase: 'build', ms: 100 } };
const pushed: TaskEvent = { type: 'ImagePushed', data: { release, phase: 'push', ms: 50 } };
const resolved: TaskEvent = { type: 'ReleaseResolved', data: { release } };
const node = { name: 'node-1', address: '10.0.0.1', port: 20000, score: 90 };

/** All events that bring one replica up. */
function launched(ordinal: number): TaskEvent[] {
  const address = {
    node: 'node-1',
    ip: '10.0.0.1',
    port: 20000 + ordinal,
    url: `http://10.0.0.1:${20000 + ordinal}`,
    container: `c${ordinal}`,
    startedAt: '2026-01-01T00:00:00.000Z',
  };
  return [
    { type: 'NodeRequested', data: { ordinal, accessToken: `t1:web:${ordinal}` } },
    { type: 'NodeAssigned', data: { ordinal, node, phase: 'place', ms: 1 } },
    { type: 'ImagePulled', data: { ordinal, phase: 'pull', ms: 2 } },
    {
      type: 'InstanceStarted',
      data: { ordinal, name: `shop-web-t1-${ordinal}`, address, phase: 'start', ms: 3 },
    },
    { type: 'InstanceHealthy', data: { ordinal, phase: 'healthy', ms: 4 } },
  ];
}

/** The kind of the next effect after each prefix of a stream. */
function effectsAlong(events: readonly TaskEvent[]): (string | undefined)[] {
  return events.map((_, n) => nextEffect(foldTask(events.slice(0, n + 1)))?.kind);
}

describe('the effects of a task', () => {
  it('build: fetches, builds, pushes and ends without asking for a node', () => {
    expect(effectsAlong([accepted('build'), fetched, built, pushed])).toEqual([
      'fetch-source',
      'build-image',
      'push-image',
      'succeed',
    ]);
  });

  it('an unchanged source is not built again', () => {
    const reused: TaskEvent = { type: 'ReleaseReused', data: { release } };
    expect(nextEffect(foldTask([accepted('build'), fetched, reused]))).toEqual({
      kind: 'succeed',
      outcome: 'built',
    });
  });

  it('run: one replica after the other, and the previous ones last', () => {
    const stopped: TaskEvent = { type: 'PreviousStopped', data: { instances: [], phase: 'stop', ms: 0 } };
    const one = ['await-node', 'pull-image', 'start-instance', 'probe-instance'];
    expect(effectsAlong([accepted('run'), resolved, ...launched(0), ...launched(1), stopped])).toEqual([
      'resolve-release',
      'request-node',
      ...one,
      'request-node',
      ...one,
      'hand-over',
      'succeed',
    ]);
  });

  it('stop neither fetches nor builds (the seed built and ran on stop)', () => {
    expect(nextEffect(foldTask([accepted('stop')]))?.kind).toBe('stop-instances');
  });

  it('stopping what does not run is a success that says so', () => {
    const none: TaskEvent = { type: 'InstancesStopped', data: { instances: [], phase: 'stop', ms: 0 } };
    expect(nextEffect(foldTask([accepted('stop'), none]))).toEqual({
      kind: 'succeed',
      outcome: 'not-running',
    });
  });

  it('a failed step first removes what it left, then fails with the first error', () => {
    const error = { code: 'BUILD_FAILED', message: 'm', hint: 'h' };
    const failed: TaskEvent = { type: 'StepFailed', data: { step: 'build-image', error } };
    const removed: TaskEvent = { type: 'LeftoversRemoved', data: { instances: [] } };
    expect(effectsAlong([accepted('build'), fetched, failed, removed])).toEqual([
      'fetch-source',
      'build-image',
      'remove-leftovers',
      'fail',
    ]);
  });

  it('an ended task has no effect, whatever it was', () => {
    expect(
      nextEffect(foldTask([accepted('stop'), { type: 'TaskSucceeded', data: { outcome: 'stopped' } }])),
    ).toBeUndefined();
  });

  it('refuses a stream that does not begin with TaskAccepted', () => {
    expect(() => evolve(undefined, built)).toThrow('ImageBuilt stands before TaskAccepted');
  });
});

describe('the reply', () => {
  const running = foldTask([
    accepted('run'),
    resolved,
    ...launched(0),
    ...launched(1),
    { type: 'TaskSucceeded', data: { outcome: 'running' } },
  ]);

  it('sums the phases of all replicas and lists their addresses', () => {
    const reply = serviceReply(running);
    expect(reply.phases).toEqual({ place: 2, pull: 4, start: 6, healthy: 8 });
    expect(reply.instances.map((i) => i.port)).toEqual([20000, 20001]);
  });

  it('build does not claim to run, and a failure is not answered as true (the seed answered build always true)', () => {
    const error = { code: 'BUILD_FAILED', message: 'm', hint: 'h' };
    const failed = foldTask([accepted('build'), { type: 'TaskFailed', data: { error } }]);
    const reply = deploymentReply('t1', [serviceReply(failed)]);
    expect(reply).toMatchObject({
      status: false,
      failed: ['web'],
      services: [{ status: 'failed', error, instances: [] }],
    });
  });

  it('names the endpoint of app-server only', () => {
    const services = [serviceReply(running), { ...serviceReply(running), name: 'app-server' }];
    expect(deploymentReply('t1', services).endpoint?.url).toBe('http://10.0.0.1:20000');
    expect(deploymentReply('t1', services.slice(0, 1)).endpoint).toBeUndefined();
  });
});
