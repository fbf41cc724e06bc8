import { decide } from '../../apps/deployer/src/task/domain/decide.js';
import { type CrashMoment, entryOf, isRecorded } from '../../apps/deployer/src/task/domain/effect-table.js';
import { firstSpec, type ServiceSpec } from '../../apps/deployer/src/services/domain/spec.js';
import type { Effect, EffectKind } from '../../apps/deployer/src/task/domain/task.effects.js';
import type { TaskEventOf } from '../../apps/deployer/src/task/domain/task.events.js';
import {
  accepted,
  releaseWith,
  running,
  runToEnd,
  type World,
} from '../../apps/deployer/src/task/domain/task.testing.js';

/** What is asked for, as the domain sees it: which effects it comes to is read off the domain itself. */
interface Simulated {
  readonly task: Partial<TaskEventOf<'TaskAccepted'>['data']>;
  readonly world: World;
  /** It is the same as this mode until something of it fails: what lies before that has its cases there. */
  readonly likeUntilItFails?: string;
}

const oldRelease = releaseWith('old', 1);
const newRelease = releaseWith('new', 1);
const midRelease = releaseWith('mid', 1);
const byRun = { arrival: 1, at: new Date(0).toISOString(), by: 'run', token: 't0' };
const declared = { count: 1, limits: oldRelease.config.resources };
const onlyOld: ServiceSpec = firstSpec({ release: 'old' }, declared, byRun);
const two = (release: typeof oldRelease) => [running('a', release), running('b', release)];
const oldBesideCanary = {
  before: [running('a', oldRelease), running('b', newRelease)],
  spec: { ...onlyOld, canary: { release: 'new', percent: 10 } },
};

const simulated = {
  'build-and-run, first launch': { task: { mode: 'build-and-run' }, world: { release: newRelease } },
  'build-and-run, with a secret': {
    task: { mode: 'build-and-run' },
    world: { release: releaseWith('new', 1, { secrets: { PASSWORD: 'password' } }) },
    likeUntilItFails: 'build-and-run, first launch',
  },
  'build-and-run, with a route': {
    task: { mode: 'build-and-run' },
    world: { release: releaseWith('new', 1, { routes: [{ host: 'example.com' }] }) },
    likeUntilItFails: 'build-and-run, first launch',
  },
  'build-and-run, with a release command': {
    task: { mode: 'build-and-run' },
    world: {
      release: releaseWith('new', 1, { release: ['migrate'], runtime: 'node' }),
      before: [running('a', oldRelease)],
    },
  },
  'build-and-run, replacement': {
    task: { mode: 'build-and-run' },
    world: { release: newRelease, before: [running('a', oldRelease)] },
  },
  'build-and-run that fails': {
    task: { mode: 'build-and-run' },
    world: {
      release: newRelease,
      before: [running('a', oldRelease)],
      failing: ['probe-instance 0'],
    },
    likeUntilItFails: 'build-and-run, replacement',
  },
  'build-and-run that is reverted': {
    task: { mode: 'build-and-run' },
    world: {
      release: releaseWith('new', 2),
      before: two(releaseWith('old', 2)),
      failing: ['await-node 1'],
    },
    likeUntilItFails: 'build-and-run, replacement',
  },
  build: { task: { mode: 'build' }, world: { release: newRelease } },
  run: { task: { mode: 'run' }, world: { release: newRelease } },
  'run, where the image is missing': {
    task: { mode: 'run' },
    world: { release: newRelease, imagesMissing: true },
    likeUntilItFails: 'run',
  },
  'run, where a start fails on its node': {
    task: { mode: 'run' },
    world: { release: newRelease, failingPlaces: { 'start-instance 0': 1 } },
    likeUntilItFails: 'run',
  },
  stop: { task: { mode: 'stop' }, world: { release: oldRelease, before: [running('a', oldRelease)] } },
  'stop, after another service': {
    task: { mode: 'stop', dependsOn: ['base'] },
    world: { release: oldRelease },
  },
  rollback: {
    task: { mode: 'rollback' },
    world: { release: oldRelease, before: [running('a', newRelease)] },
  },
  'scale up': {
    task: { mode: 'scale', scale: { by: 1 } },
    world: { release: oldRelease, before: [running('a', oldRelease)] },
  },
  'scale down': {
    task: { mode: 'scale', scale: { by: -1 } },
    world: { release: oldRelease, before: two(oldRelease) },
  },
  'canary, in place of another': {
    task: { mode: 'scale', scale: { canary: { release: 'new', percent: 10 } } },
    world: {
      ...{ release: oldRelease, canary: newRelease },
      before: [running('a', oldRelease), running('b', midRelease)],
      spec: { ...onlyOld, canary: { release: 'mid', percent: 10 } },
    },
  },
  'canary that fails': {
    task: { mode: 'scale', scale: { canary: { release: 'new', percent: 10 } } },
    world: {
      ...{ release: oldRelease, canary: newRelease, spec: onlyOld },
      before: [running('a', oldRelease)],
      failing: ['probe-instance 0'],
    },
    likeUntilItFails: 'canary, in place of another',
  },
  'canary that is taken away': {
    task: { mode: 'scale', scale: { canary: { release: 'new', percent: 0 } } },
    world: { release: oldRelease, ...oldBesideCanary },
  },
  // As the intake makes of 100 percent.
  'canary that gets all requests': {
    task: { mode: 'run', wantedRelease: 'new' },
    world: { release: newRelease, ...oldBesideCanary },
  },
} as const satisfies Readonly<Record<string, Simulated>>;

export type Mode = keyof typeof simulated;
export const modes = Object.keys(simulated) as readonly Mode[];

export interface CrashCase {
  readonly mode: Mode;
  readonly kind: EffectKind;
  /** As SLIPWAY_CRASH_AT names it. */
  readonly effect: string;
  readonly moment: CrashMoment;
}

/** The name of an instance is known only when it runs; a slot's ordinal is the same here as there. */
const nameOf = (effect: Effect): string =>
  'ordinal' in effect ? `${effect.kind} ${effect.ordinal}` : effect.kind;

/** Each effect of a mode, once, in the order in which the domain does them. */
function effectsOf(mode: Mode): readonly Effect[] {
  const { task, world }: Simulated = simulated[mode];
  const seen = new Map<string, Effect>();
  const given = { now: new Date(0), drainMs: 0 };
  runToEnd(
    accepted(task),
    world,
    (state, effect) => (isRecorded(effect) ? decide(effect, state, given).events : undefined),
    ([first]) => {
      if (first !== undefined && !seen.has(nameOf(first))) seen.set(nameOf(first), first);
      return first;
    },
  );
  return [...seen.values()];
}

const fails = ({ failing = [], failingPlaces = {} }: World, name: string): boolean =>
  failing.includes(name) || failingPlaces[name] !== undefined;

export function casesOf(mode: Mode): readonly CrashCase[] {
  const { likeUntilItFails: like, world }: Simulated = simulated[mode];
  const elsewhere = like === undefined ? [] : effectsOf(like as Mode).map(nameOf);
  const own = effectsOf(mode).filter(
    (effect) => !elsewhere.includes(nameOf(effect)) || fails(world, nameOf(effect)),
  );
  return own.flatMap((effect) =>
    entryOf(effect.kind).crashes.map((moment) => ({
      mode,
      kind: effect.kind,
      effect: nameOf(effect),
      moment,
    })),
  );
}
