import { describe, expect, it } from 'vitest';
import { published } from './published.js';
import type { TaskEvent, TaskEventOf } from './task.events.js';
import { foldTask } from './task.state.js';
import { accepted, releaseWith, running } from './task.testing.js';

const release = { ...releaseWith('r1', 1, { env: { GREETING: 'for nobody else' } }), builder: 'big' };
const { config, sourceDigest } = release;
const error = { code: 'TEST', message: 'm', hint: 'h', logTail: 'l' };
const node = { name: 'node-1', address: '10.0.0.9', port: 21_000, score: 50 };
const instance = { name: 'web-0', node: 'node-1', container: 'c' };
const surveyed = running('web-0', release, { unreachable: true });
const { address } = surveyed;
const slot = { ordinal: 0, replaces: instance };
const timed = { phase: 'p', ms: 7 };

interface Example<E extends TaskEvent> {
  readonly data: E['data'];
  /** The data of the message. */
  readonly told: object;
}

const acceptance = {
  ...accepted({ wantedRelease: 'r0', dependsOn: ['base'], dryRun: false, restart: true }).data,
  source: { blob: 'shop--web_app.zip', orBlob: 'shop--web-app.zip', container: 'services' },
  written: { appId: 'my_shop', service: 'web_app' },
  scale: { by: 1, to: 2, instance: 'web-0', repairs: 'web-1' },
};
const plan = { slots: [slot], surplus: [instance], kept: ['web-1'], notes: ['n'] };
const failure = { step: 'survey', error };

/** One example of every event with all that it can hold. Only what is told is published. */
const examples: { readonly [T in TaskEvent['type']]: Example<TaskEventOf<T>> } = {
  TaskAccepted: { data: acceptance, told: acceptance },
  DependenciesMet: { data: {}, told: {} },
  SecretsChecked: { data: {}, told: {} },
  TurnTaken: { data: {}, told: {} },
  SourceFetched: {
    data: { ...timed, sourceDigest, config, blob: 'shop--web-app.zip' },
    told: { ...timed, sourceDigest, blob: 'shop--web-app.zip' },
  },
  ReleaseReused: { data: { release }, told: { release: 'r1' } },
  ImageBuilt: {
    data: { ...timed, tag: 't', builder: 'big' },
    told: { ...timed, tag: 't', builder: 'big' },
  },
  ImageLost: { data: { tag: 't' }, told: { tag: 't' } },
  ImagePushed: { data: { ...timed, release }, told: { ...timed, release: 'r1' } },
  ReleaseResolved: { data: { release }, told: { release: 'r1' } },
  InstancesSurveyed: {
    data: { instances: [surveyed], secrets: ['db'] },
    told: {
      instances: [
        { ...instance, container: 'c-web-0', address, alive: true, unreachable: true, release: 'r1' },
      ],
      secrets: ['db'],
    },
  },
  RoutesClaimed: {
    data: {
      routes: {
        routes: [{ host: 'shop.org', path: '/', headers: { 'X-A': 'for nobody else' } }],
        ...{ declared: [], setBy: 'api' },
      },
    },
    told: { routes: [{ host: 'shop.org', path: '/' }] },
  },
  PlanMade: { data: plan, told: plan },
  NodeRequested: {
    data: { ordinal: 0, accessToken: 'a', at: '2026-01-01T00:00:00.000Z' },
    told: { ordinal: 0, accessToken: 'a', at: '2026-01-01T00:00:00.000Z' },
  },
  NodeAssigned: { data: { ...timed, ordinal: 0, node }, told: { ...timed, ordinal: 0, node } },
  NodeRefused: { data: { ordinal: 0, error }, told: { ordinal: 0, error } },
  ImageMissing: { data: { ordinal: 0 }, told: { ordinal: 0 } },
  ImagePulled: { data: { ...timed, ordinal: 0 }, told: { ...timed, ordinal: 0 } },
  ReleaseCommandDone: { data: { ...timed, ran: true }, told: { ...timed, ran: true } },
  PlaceFailed: {
    data: { ordinal: 0, node: 'node-1', port: 20_000, ...failure },
    told: { ordinal: 0, node: 'node-1', port: 20_000, ...failure },
  },
  PlaceLeft: {
    data: { ...timed, ordinal: 0, node: 'node-1', leftBehind: error },
    told: { ...timed, ordinal: 0, node: 'node-1', leftBehind: error },
  },
  InstanceStarted: {
    data: { ...timed, ordinal: 0, name: 'web-0', address },
    told: { ...timed, ordinal: 0, name: 'web-0', address },
  },
  InstanceHealthy: { data: { ...timed, ordinal: 0 }, told: { ...timed, ordinal: 0 } },
  InstanceDraining: { data: { instance: 'web-0', until: 'u' }, told: { instance: 'web-0', until: 'u' } },
  InstanceStopped: {
    data: { ...timed, instance, abandoned: error },
    told: { ...timed, instance, abandoned: error },
  },
  InstanceNotStopped: { data: { instance, error }, told: { instance, error } },
  StepFailed: { data: failure, told: failure },
  LeftoversRemoved: { data: { instances: ['web-0'] }, told: { instances: ['web-0'] } },
  RevertBegun: { data: { slots: [slot] }, told: { slots: [slot] } },
  TaskSucceeded: { data: { outcome: 'running' }, told: { outcome: 'running' } },
  TaskFailed: { data: { error }, told: { error } },
};

const state = foldTask([accepted({})]);
const at = { version: 3, at: '2026-01-01T00:00:00.000Z', replica: 'one' };
const messageOf = (type: string, data: object) => published(state, { type, data } as TaskEvent, at);

describe('what is published of an event', () => {
  it.each(Object.entries(examples))('%s: these fields', (type, { data, told }) => {
    expect(messageOf(type, data)).toEqual({
      ...{ token: 't1', appId: 'shop', service: 'web', event: type, ...at, data: told },
      phase: 'phase' in data ? 'p' : undefined,
      ms: 'ms' in data ? 7 : undefined,
      node: 'node' in data ? 'node-1' : undefined,
    });
  });

  it('an event that nobody listed: its name, so that what is new is private until somebody says otherwise', () => {
    const message = messageOf('SomethingNew', { ...timed, password: 'hunter2' });
    expect(message).toMatchObject({ event: 'SomethingNew', data: {} });
    expect(JSON.stringify(message)).not.toContain('hunter2');
  });

  it('a field that nobody listed: not at all', () => {
    const message = messageOf('ImageLost', { tag: 't', password: 'hunter2' });
    expect(message.data).toEqual({ tag: 't' });
  });
});
