import type { InstanceReport } from '#libs/contracts';
import type { SeenContainer } from '../rollout/domain/seen-container.js';
import type { NodeEngines, StopPolicy } from '../rollout/ports.js';
import type { Crashing } from './domain/crash.js';
import type { Holding, Leaving } from './domain/moves.js';
import type { RecordedInstance } from './domain/reconcile.js';

/** What a reconciler needs of the engine of one node. Of `NodeEngines`, what it needs too. */
export interface RepairEngines extends Pick<NodeEngines, 'logTail' | 'stopAndRemove'> {
  /** Those of this installation, running or not. */
  ownContainers(node: string): Promise<readonly SeenContainer[]>;
  /** Undefined when there is no such container. */
  container(node: string, id: string): Promise<SeenContainer | undefined>;
  /** Starts it where it is. */
  restart(node: string, container: string): Promise<void>;
}

export interface NodeInstance extends RecordedInstance {
  readonly node: string;
  readonly stop: StopPolicy;
  /** The task that launched it. */
  readonly taskId: string;
  readonly report: InstanceReport;
}

/** What a repair did, as `deployment.events` tell it. */
export interface RepairEvent {
  readonly event: string;
  readonly taskId: string;
  readonly appId: string;
  readonly service: string;
  readonly node: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RepairStore {
  instancesOn(node: string): Promise<readonly NodeInstance[]>;
  /** Of these tasks, those that have not ended. */
  openTasks(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Since when the node does not answer, which is told where it is new; milliseconds since 1970. */
  nodeUnreachable(node: string, reason: string): Promise<{ readonly since: number; readonly isNew: boolean }>;
  /** It answers again: true where it did not before. */
  nodeReachable(node: string): Promise<boolean>;
  /** Counts an attempt, and tells of it. False when another replica counted it meanwhile. */
  countAttempt(instance: NodeInstance, attempt: number, event: RepairEvent): Promise<boolean>;
  /** The same, with a request of our own that starts another in its place. */
  relaunch(instance: NodeInstance, attempt: number, event: RepairEvent): Promise<boolean>;
  /**
   * Counts a try to move it, with a request of our own that starts another elsewhere first. It serves until then.
   * `yields`: the request stops it, and nothing stands in for it.
   */
  move(
    instance: NodeInstance,
    move: { readonly attempt: number; readonly yields?: true },
    event: RepairEvent,
  ): Promise<boolean>;
  /** Tells what holds the node's drain up, where that is new; undefined: it is not drained. */
  tellHolding(node: string, holding: readonly Holding[] | undefined): Promise<void>;
  /** Nothing of ours is on the node, and it was removed: nobody looks at it any more. */
  forgetNode(node: string): Promise<void>;
  /** No instance of ours any more: reported as failed where it counted until now. `abandoned`: its container stays. */
  forget(
    instance: NodeInstance,
    how: 'given-up' | 'abandoned' | 'removed',
    event: RepairEvent,
  ): Promise<void>;
  tell(event: RepairEvent): Promise<void>;
  /** Keeps and reports how it crashes, or that it holds again; nothing where it is running no more. */
  reportCrash(instance: NodeInstance, crashing: Crashing | undefined): Promise<void>;
}

/** What people ask of nodes. */
export interface NodeInventory {
  /** Undefined of a node that stays as it is, and where nobody can say. */
  leaving(node: string): Promise<Leaving | undefined>;
}
