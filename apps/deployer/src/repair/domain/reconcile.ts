import { INSTALLATION_LABEL } from '../../rollout/domain/labels.js';
import type { SeenContainer } from '../../rollout/domain/seen-container.js';
import type { Attempts, Failure } from './attempts.js';
import { backoffMs, FORGOTTEN_AFTER_MS } from './backoff.js';
import { type Leaving, type MovableInstance, type Move, movesOf } from './moves.js';

/** An instance that the record has on the node. */
export interface RecordedInstance extends MovableInstance {
  readonly container: string;
  readonly attempts?: Attempts;
}

export interface RepairLimits {
  /** Attempts after which an instance is given up. */
  readonly attempts: number;
  /** A container without a record is left alone for so long. */
  readonly orphanAgeMs: number;
}

/** One node, as it should be and as it is. */
export interface NodeView {
  readonly now: number;
  readonly installation: string;
  readonly instances: readonly RecordedInstance[];
  /** Those that the engine has; undefined while the node does not answer. */
  readonly containers: readonly SeenContainer[] | undefined;
  /** It has not answered for so long that what ran on it counts as gone. */
  readonly lost: boolean;
  /** All that runs there is to leave. Of a node that was removed, without waiting whether it answers once more. */
  readonly leaving?: Leaving;
  /** Of the tasks that the containers were made for, those that have not ended. */
  readonly openTasks: ReadonlySet<string>;
}

export type RelaunchReason = 'container-gone' | 'container-ended' | 'node-lost';

export type RepairAction =
  | { readonly kind: 'remove-orphan'; readonly container: SeenContainer }
  /** Another stands in for it since its node did not answer. */
  | { readonly kind: 'remove-abandoned'; readonly instance: string }
  /** Its node was removed: nobody comes back for its container. */
  | { readonly kind: 'forget-abandoned'; readonly instance: string }
  /** Another elsewhere, healthy before this one is stopped. */
  | Move
  /** The same container again. */
  | { readonly kind: 'restart'; readonly instance: string; readonly attempt: number }
  /** Its engine starts it again and again: that counts, too. */
  | { readonly kind: 'count-crash'; readonly instance: string; readonly attempt: number }
  /** Another container of the same release, wherever it fits best. */
  | {
      readonly kind: 'relaunch';
      readonly instance: string;
      readonly attempt: number;
      readonly reason: RelaunchReason;
    }
  | {
      readonly kind: 'give-up';
      readonly instance: string;
      readonly attempts: number;
      readonly error?: Failure;
    };

/**
 * What is to be done so that the node runs what the record says. Pure. Never about a container without our own
 * installation's label, nor about one whose task, or the task of whose service, has not ended.
 */
export function reconcile(view: NodeView, limits: RepairLimits): readonly RepairAction[] {
  const repairs = view.instances.flatMap((instance) => repairOf(view, instance, limits) ?? []);
  const moves = view.leaving === undefined ? [] : movesOf(view.now, aliveIn(view), view.leaving);
  const recorded = new Set(view.instances.flatMap(({ name, container }) => [name, container]));
  const orphans = (view.containers ?? []).filter(
    (container) =>
      !recorded.has(container.id) && !recorded.has(container.name) && isOrphan(view, container, limits),
  );
  return [
    ...orphans.map((container) => ({ kind: 'remove-orphan' as const, container })),
    ...repairs,
    ...moves,
  ];
}

/** What is dead is repaired, elsewhere, and is not moved. */
function aliveIn({ instances, containers = [] }: NodeView): readonly RecordedInstance[] {
  const status = new Map(containers.map((container) => [container.id, container.status]));
  return instances.filter(({ container }) => ['running', 'paused'].includes(status.get(container) ?? ''));
}

/** Whether there is a container without a record that nobody comes back for, and that is too young to be removed. Pure. */
export function hasYoungOrphans(view: NodeView, limits: RepairLimits): boolean {
  const ofAnyAge = { ...limits, orphanAgeMs: -Infinity };
  const count = (by: RepairLimits): number =>
    reconcile({ ...view, leaving: undefined }, by).filter(({ kind }) => kind === 'remove-orphan').length;
  return count(ofAnyAge) > count(limits);
}

/** The fence in its label does not matter: once its task has ended, nobody comes back for it. */
function isOrphan(view: NodeView, container: SeenContainer, { orphanAgeMs }: RepairLimits): boolean {
  const { labels, createdAt, status } = container;
  const task = labels['slipway.task'];
  if (labels[INSTALLATION_LABEL] !== view.installation || task === undefined) return false;
  return !view.openTasks.has(task) && status !== 'removing' && view.now - createdAt >= orphanAgeMs;
}

function repairOf(
  view: NodeView,
  instance: RecordedInstance,
  limits: RepairLimits,
): RepairAction | undefined {
  const { name, state, busy } = instance;
  if (state === 'abandoned') return abandonedRepair(view, name);
  if (state !== 'running' || busy) return undefined;
  const { count, lastAt, uncounted = 0, error } = attemptsOf(view, instance);
  const wanted = wantedRepair(view, instance, count);
  const tries = count + uncounted;
  if (wanted === undefined || (tries > 0 && view.now < lastAt + backoffMs(tries))) return undefined;
  return count >= limits.attempts ? { kind: 'give-up', instance: name, attempts: count, error } : wanted;
}

function abandonedRepair({ containers, leaving }: NodeView, instance: string): RepairAction | undefined {
  if (containers !== undefined) return { kind: 'remove-abandoned', instance };
  return leaving === 'gone' ? { kind: 'forget-abandoned', instance } : undefined;
}

function attemptsOf({ now }: NodeView, { attempts }: RecordedInstance): Attempts {
  const isFresh = attempts !== undefined && now - attempts.lastAt <= FORGOTTEN_AFTER_MS;
  return isFresh ? attempts : { count: 0, lastAt: now };
}

/** What would bring it back. What could not be started where it is, is launched anew. */
function wantedRepair(view: NodeView, instance: RecordedInstance, count: number): RepairAction | undefined {
  const attempt = count + 1;
  const relaunch = (reason: RelaunchReason): RepairAction => ({
    kind: 'relaunch',
    instance: instance.name,
    attempt,
    reason,
  });
  if (view.containers === undefined) return view.lost ? relaunch('node-lost') : undefined;
  const container = view.containers.find(({ id }) => id === instance.container);
  switch (container?.status) {
    case undefined:
      return relaunch('container-gone');
    case 'restarting':
      return { kind: 'count-crash', instance: instance.name, attempt };
    case 'created':
    case 'exited':
      // Of what is to leave, only what can run nowhere else is started there again.
      return count === 0 && (view.leaving === undefined || instance.bound === true)
        ? { kind: 'restart', instance: instance.name, attempt }
        : relaunch('container-ended');
    case 'dead':
      return relaunch('container-ended');
    default:
      // Running; paused, which somebody did on purpose; or being removed, which the next look sees.
      return undefined;
  }
}
