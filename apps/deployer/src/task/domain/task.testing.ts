import { parseServiceConfig } from '#libs/contracts';
import { declaredIn } from '../../routes/domain/service-routes.js';
import type { ServiceSpec } from '../../services/domain/spec.js';
import type { Release, RunningInstance, TaskEvent, TaskEventOf } from './task.events.js';
import { decideFailure } from './decide-failure.js';
import { decideAnswer } from './decide-waits.js';
import { isRunnable } from './effect-table.js';
import { keyOf, nextEffects, type Effect } from './task.effects.js';
import { evolve, keepsHealthy, type TaskState } from './task.state.js';

/** For tests of this folder and of the use cases: tasks, and a world in which effects go well. */

export function releaseWith(id: string, replicas: number, config: object = {}): Release {
  return {
    id,
    sourceDigest: id.padEnd(64, '0'),
    image: `r/shop/web@sha256:${id}`,
    config: parseServiceConfig(JSON.stringify({ runtime: 'node', port: 8080, replicas, ...config })),
  };
}

export function accepted(data: Partial<TaskEventOf<'TaskAccepted'>['data']>): TaskEventOf<'TaskAccepted'> {
  return {
    type: 'TaskAccepted',
    data: {
      token: 't1',
      appId: 'shop',
      appName: 'Shop',
      service: 'web',
      mode: 'build-and-run',
      source: { blob: 'shop--web.zip' },
      deadlineAt: '2030-01-01T00:00:00.000Z',
      ...data,
    },
  };
}

export function running(
  name: string,
  release: Release,
  more: Partial<RunningInstance> = {},
): RunningInstance {
  const node = more.node ?? 'node-1';
  const address = {
    ...{ node, ip: '10.0.0.1', port: 20_000, url: 'http://10.0.0.1:20000', container: `c-${name}` },
    startedAt: '2026-01-01T00:00:00.000Z',
    ...more.address,
  };
  return { name, node, container: `c-${name}`, release, alive: true, ...more, address };
}

export interface World {
  /** The task's own release, resolved or built. */
  readonly release: Release;
  /** The release that is tried beside it. */
  readonly canary?: Release;
  readonly before?: readonly RunningInstance[];
  /** What is wanted of the service before the task. */
  readonly spec?: ServiceSpec;
  /** How the service is reached before the task. */
  readonly routes?: TaskState['routes'];
  /** What a claim of routes comes to, where that is not what the release declares. */
  readonly claimed?: NonNullable<TaskState['routes']>;
  /** Effects that fail, by their key. */
  readonly failing?: readonly string[];
  /** Effects that fail for a reason of their node, by their key: at how many places one after another. */
  readonly failingPlaces?: Readonly<Record<string, number>>;
  /** No node has the image of what was built before. */
  readonly imagesMissing?: boolean;
}

const specFor = ({ spec }: World) => (spec === undefined ? {} : { spec, arrival: 2 });

function failureOf(state: TaskState, effect: Effect): readonly TaskEvent[] {
  if (effect.kind === 'await-node' && keepsHealthy(state)) {
    const { appId, service } = state;
    const answer = { accessToken: effect.accessToken, appId, service, refusals: [] };
    return decideAnswer(effect, state, answer, new Date(0)).events;
  }
  const error = { code: 'TEST', message: `${keyOf(effect)} failed.`, hint: 'h' };
  return [{ type: 'StepFailed', data: { step: effect.kind, error } }];
}

/** What one effect comes to in this world. */
function outcomeOf(world: World, state: TaskState, effect: Effect): TaskEvent {
  const { release } = world;
  switch (effect.kind) {
    case 'await-dependencies':
      return { type: 'DependenciesMet', data: {} };
    case 'fetch-source': {
      const { sourceDigest, config } = release;
      return { type: 'SourceFetched', data: { sourceDigest, config, phase: 'fetch', ms: 1 } };
    }
    case 'build-image':
      return { type: 'ImageBuilt', data: { tag: 'r/shop/web:t', phase: 'build', ms: 1 } };
    case 'push-image':
      return { type: 'ImagePushed', data: { release, phase: 'push', ms: 1 } };
    case 'resolve-release':
      return {
        type: 'ReleaseResolved',
        data: { release, ...(world.canary && { canary: world.canary }) },
      };
    case 'check-secrets':
      return { type: 'SecretsChecked', data: {} };
    case 'claim-routes': {
      const { routes } = declaredIn(release.config);
      const claimed = world.claimed ?? { routes, declared: routes, setBy: 'config.json' as const };
      return { type: 'RoutesClaimed', data: { routes: claimed } };
    }
    case 'take-turn':
      return { type: 'TurnTaken', data: {} };
    case 'survey':
      return {
        type: 'InstancesSurveyed',
        data: {
          ...{ instances: world.before ?? [], ...specFor(world) },
          ...(world.routes && { routes: world.routes }),
        },
      };
    case 'await-node': {
      const { ordinal } = effect;
      const before = placesBefore(state, ordinal);
      const node = {
        name: `node-${(ordinal + before) % 3}`,
        address: '10.0.0.9',
        port: 21_000 + ordinal,
        score: 50,
      };
      return { type: 'NodeAssigned', data: { ordinal, node, phase: 'place', ms: 1 } };
    }
    case 'pull-image':
      return { type: 'ImagePulled', data: { ordinal: effect.ordinal, phase: 'pull', ms: 1 } };
    case 'run-release-command':
      return { type: 'ReleaseCommandDone', data: { ran: true, phase: 'release', ms: 1 } };
    case 'start-instance': {
      const { ordinal, node } = effect;
      const isPulled = state.slots.find((slot) => slot.ordinal === ordinal)?.pulled;
      if (world.imagesMissing === true && isPulled !== true)
        return { type: 'ImageMissing', data: { ordinal } };
      const name = `shop-web-${state.token}-${ordinal}`;
      const { address } = running(name, effect.release, { node: node.name });
      return { type: 'InstanceStarted', data: { ordinal, name, address, phase: 'start', ms: 1 } };
    }
    case 'leave-place': {
      const { ordinal, node } = effect;
      return { type: 'PlaceLeft', data: { ordinal, node: node.name, phase: 'stop', ms: 1 } };
    }
    case 'probe-instance':
      return { type: 'InstanceHealthy', data: { ordinal: effect.ordinal, phase: 'healthy', ms: 1 } };
    case 'stop-instance':
      return { type: 'InstanceStopped', data: { instance: effect.instance, phase: 'stop', ms: 1 } };
    case 'remove-leftovers':
      return {
        type: 'LeftoversRemoved',
        data: { instances: effect.slots.map(({ ordinal }) => `${ordinal}`) },
      };
    default:
      throw new Error(`${effect.kind} is done by its record`);
  }
}

const placesBefore = ({ slots }: TaskState, ordinal: number): number =>
  slots.find((slot) => slot.ordinal === ordinal)?.failedPlaces?.length ?? 0;

const away = { code: 'NODE_UNREACHABLE', message: 'It does not answer.', hint: 'h' };

function eventsOf(world: World, state: TaskState, effect: Effect): readonly TaskEvent[] {
  const places = world.failingPlaces?.[keyOf(effect)] ?? 0;
  if (isRunnable(effect) && 'ordinal' in effect && placesBefore(state, effect.ordinal) < places)
    return decideFailure(effect, state, away).events;
  return world.failing?.includes(keyOf(effect)) === true
    ? failureOf(state, effect)
    : [outcomeOf(world, state, effect)];
}

export type Recorder = (state: TaskState, effect: Effect) => readonly TaskEvent[] | undefined;

export interface Ran {
  readonly state: TaskState;
  readonly events: readonly TaskEvent[];
  /** Keys of the effects, in the order in which they were done. */
  readonly done: readonly string[];
}

/**
 * Runs a task to its end, one effect at a time; `choose` says which of those that may run. `record` does what is done
 * by its record.
 */
export function runToEnd(
  first: TaskEvent,
  world: World,
  record: Recorder,
  choose: (effects: readonly Effect[]) => Effect | undefined = (effects) => effects[0],
): Ran {
  let state = evolve(undefined, first);
  const events: TaskEvent[] = [first];
  const done: string[] = [];
  for (let steps = 0; steps < 1_000; steps += 1) {
    const effect = choose(nextEffects(state));
    if (effect === undefined) return { state, events, done };
    const happened = record(state, effect) ?? eventsOf(world, state, effect);
    done.push(keyOf(effect));
    events.push(...happened);
    state = happened.reduce<TaskState>(evolve, state);
  }
  throw new Error(`the task never ends: ${done.slice(-10).join(', ')}`);
}
