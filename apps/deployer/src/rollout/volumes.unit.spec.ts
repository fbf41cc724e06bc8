import { describe, expect, it } from 'vitest';
import { decide } from '../task/domain/decide.js';
import { decideAnswer } from '../task/domain/decide-waits.js';
import { isRecorded } from '../task/domain/effect-table.js';
import { sidesOf } from '../task/domain/step-writes.js';
import { foldTask } from '../task/domain/task.state.js';
import {
  accepted,
  releaseWith,
  type Recorder,
  running,
  runToEnd,
  type World,
} from '../task/domain/task.testing.js';
import { planProblem, makePlan } from './domain/plan.js';

const now = new Date('2026-01-01T00:00:00.000Z');
const config = { runtime: 'node', volumes: [{ name: 'data', path: '/app/data' }] };
const [older, newer] = [releaseWith('older', 1, config), releaseWith('newer', 1, config)];
const before = [running('a', older)];
const record: Recorder = (state, effect) =>
  isRecorded(effect) ? decide(effect, state, { now }).events : undefined;
const run = (world: Partial<World>, mode: 'run' | 'rollback' = 'run') =>
  runToEnd(accepted({ mode }), { release: newer, before, ...world }, record);

describe('a service with volumes', () => {
  it('is replaced stop-first, once its image is there, and the plan says so', () => {
    const { done, state } = run({});
    const order = ['await-node 0', 'pull-image 0', 'stop-instance a', 'start-instance 0', 'probe-instance 0'];
    expect(done.filter((key) => order.includes(key))).toEqual(order);
    expect(state.outcome).toBe('running');
    expect(state.plan?.notes.join()).toContain('the old one is stopped before the new one starts');
  });

  it('whose new instance is not healthy runs the release before again', () => {
    const { done, state } = run({ failing: ['probe-instance 0'] });
    expect(done.slice(done.indexOf('probe-instance 0'))).toEqual(
      expect.arrayContaining([
        'remove-leftovers',
        'begin-revert',
        'start-instance 1000',
        'probe-instance 1000',
      ]),
    );
    expect(state).toMatchObject({ outcome: 'failed' });
    const back = state.slots.find(({ ordinal }) => ordinal === 1_000);
    expect([back?.release?.id, back?.healthy, back?.replaces]).toEqual(['older', true, undefined]);
  });

  it('goes on where no node has room: nothing was stopped before that was known', () => {
    const { done } = run({ failing: ['await-node 0'] });
    expect(done).not.toContain('stop-instance a');
  });

  const volumes = [{ name: 'data', node: 'node-7' }];
  const surveyed = (more: object = {}) =>
    foldTask([
      accepted({ mode: 'run' }),
      { type: 'InstancesSurveyed', data: { instances: [], volumes, ...more } },
      { type: 'ReleaseResolved', data: { release: newer } },
      { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
    ]);

  it('asks for the node on which its volumes lie, and for any before they are made', () => {
    const effect = { kind: 'request-node', ordinal: 0, accessToken: 't1:web:0' } as const;
    const asked = (state: ReturnType<typeof surveyed>) =>
      sidesOf(decide(effect, state, { now }), 'request-node')[0];
    expect(asked(surveyed())?.request.onNode).toBe('node-7');
    const first = asked(surveyed({ volumes: [{ name: 'other', node: 'node-7' }] }))?.request;
    expect(first).toMatchObject({ hasVolumes: true });
    expect(first?.onNode).toBeUndefined();
  });

  it('says where its data is when that node is gone, also to a load balancer that chose another', () => {
    const effect = { kind: 'await-node', ordinal: 0, accessToken: 't1:web:0' } as const;
    const answer = { accessToken: 't1:web:0', appId: 'shop', service: 'web', refusals: [] };
    const node = {
      ...{ name: 'node-1', address: '10.0.0.1', sshPort: 22, sshUser: 'root', hostKeyFingerprint: 'f' },
      ...{ sealedLogin: 'x', port: 20_000, score: 1 },
    };
    for (const given of [answer, { ...answer, node }])
      expect(decideAnswer(effect, surveyed(), given, now).events).toMatchObject([
        {
          type: 'StepFailed',
          data: {
            error: {
              code: 'NO_NODE',
              message: 'web can run on node-7 only, where the data of its volumes lies. It is not enrolled.',
            },
          },
        },
      ]);
  });

  it('was told to bring back a node that was up, and lacked room alone', () => {
    const effect = { kind: 'await-node', ordinal: 0, accessToken: 't1:web:0' } as const;
    const hintOf = (reason: string): unknown => {
      const answer = {
        accessToken: 't1:web:0',
        appId: 'shop',
        service: 'web',
        refusals: [{ node: 'node-7', reason }],
      };
      return decideAnswer(effect, surveyed(), answer, now).events;
    };
    expect(JSON.stringify(hintOf('not enough CPU: needed 0.25, used 1.9 of 2 cores'))).toContain(
      '"hint":"Free capacity on node-7 (slipway status',
    );
    expect(JSON.stringify(hintOf('is unreachable'))).toContain(
      '"hint":"Bring node-7 back (slipway node ls).',
    );
  });

  it('is one instance', () => {
    const wanting = (replicas: number) =>
      planProblem(
        foldTask([
          accepted({ mode: 'run', replicas }),
          { type: 'InstancesSurveyed', data: { instances: [], arrival: 1 } },
          { type: 'ReleaseResolved', data: { release: newer } },
        ]),
        now.toISOString(),
      );
    expect(wanting(1)).toBeUndefined();
    expect(wanting(2)).toMatchObject({ code: 'SCALE_OUT_OF_BOUNDS' });
  });

  it('whose volumes lie on several nodes is refused before anything is stopped', () => {
    const two = releaseWith('two', 1, {
      ...config,
      volumes: [...config.volumes, { name: 'old', path: '/app/old' }],
    });
    const state = foldTask([
      accepted({ mode: 'run' }),
      {
        type: 'InstancesSurveyed',
        data: { instances: before, volumes: [...volumes, { name: 'old', node: 'node-8' }] },
      },
      { type: 'ReleaseResolved', data: { release: two } },
    ]);
    expect(planProblem(state, now.toISOString())?.message).toContain(
      'lie on several nodes: data on node-7, old on node-8',
    );
    expect(makePlan(state, now.toISOString()).slots).toHaveLength(1);
  });
});
