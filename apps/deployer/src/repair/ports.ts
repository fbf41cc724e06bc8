import type { EvictionRequest, InstanceReport, NodeState } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';
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
  /** A repair that has not ended launches another in its place. */
  readonly replacing?: boolean;
  readonly node: string;
  readonly stop: StopPolicy;
  /** The task that launched it. */
  readonly taskId: string;
  readonly report: InstanceReport;
}

/** A node as its agent sees it. */
export interface WatchedNode {
  readonly liveness: NodeState['liveness'];
  /** `gap`: what runs is not known until the next whole message. `none`: nothing has come for long. */
  readonly figures: 'seen' | 'gap' | 'none';
  /** Containers of instances that run, also of another Slipway; none where they are not known. */
  readonly running: readonly { readonly container: string; readonly restarts: number }[];
}

/** What the agents say of nodes. */
export interface WatchedNodes {
  /** Undefined where no agent has said anything of the node for long. */
  of(node: string): WatchedNode | undefined;
  /** Those that an agent has ever said anything of. */
  all(): readonly string[];
}

/** What the record is compared with. */
export interface SeenNode {
  readonly node: string;
  readonly alive: boolean;
  /** Since when it is, or is not; ISO 8601. */
  readonly since: string;
  /** It has been unreachable for longer than its grace. */
  readonly lost: boolean;
  /** All that runs there is to leave. */
  readonly leaving: boolean;
  /** Ids of those that run; null where that is not known. */
  readonly containers: readonly string[] | null;
}

/** Why a node is to be looked at. */
export interface Difference {
  readonly node: string;
  readonly kind:
    /** An instance of the record does not run. */
    | 'missing'
    /** Of a node that is lost: it is to run elsewhere. */
    | 'lost'
    /** Another stands in for it, and its container is to be removed. */
    | 'abandoned'
    /** It was reported so: its engine knows whether it holds. */
    | 'crashing'
    /** Its engine has started it again. */
    | 'restarted'
    /** It is to leave its node. */
    | 'leaving'
    /** A container that runs and is not in the record. */
    | 'unknown'
    /** The node answers again, and is not clean. */
    | 'returned';
  /** What it is about: another one is another difference. */
  readonly about: string;
}

/** The record, compared with what agents see. */
export interface RecordDifferences {
  between(seen: readonly SeenNode[]): Promise<readonly Difference[]>;
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

/** An instance in whose place another is to be started. */
export interface Relaunch {
  readonly instance: NodeInstance;
  /** With this one. */
  readonly attempt: number;
  readonly event: RepairEvent;
}

export type OfService = Pick<NodeInstance, 'appId' | 'service'>;

export interface RepairStore {
  instancesOn(node: string): Promise<readonly NodeInstance[]>;
  /** Those of these services on these nodes. */
  instancesOf(services: readonly OfService[], nodes: readonly string[]): Promise<readonly NodeInstance[]>;
  /** A task that was given this node ended so long ago, and its engine was not asked since then what it has. */
  mayHaveOrphans(node: string, orphanAgeMs: number): Promise<boolean>;
  /** Of these tasks, those that have not ended. */
  openTasks(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Since when the node does not answer, which is told where it is new; milliseconds since 1970. */
  nodeUnreachable(node: string, reason: string): Promise<{ readonly since: number; readonly isNew: boolean }>;
  /** Its agent says that it does not answer. Nothing is told: everybody reads that. */
  nodeLost(node: string, since: string): Promise<void>;
  /** It answers again: true where it did not before. `isAway`: others think that it does not still. */
  nodeReachable(node: string, isAway: boolean): Promise<boolean>;
  /** Nothing is left of the time before its return at `since`, which is told where it is new: then true. */
  nodeCleaned(node: string, since: string): Promise<boolean>;
  /** Counts an attempt, and tells of it. False when another replica counted it meanwhile. */
  countAttempt(instance: NodeInstance, attempt: number, event: RepairEvent): Promise<boolean>;
  /**
   * The same of instances of one service, with one request of our own that starts others in their places, side by side.
   * @returns those that no other replica counted meanwhile
   */
  relaunch(lost: readonly Relaunch[]): Promise<readonly Relaunch[]>;
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
  /** Its container was started again; nothing where it is running no more. */
  reportRestart(instance: NodeInstance): Promise<void>;
}

export const EVICTIONS = Symbol('Evictions');
/** Instances that make room for others of a higher priority. */
export interface Evictions {
  /** Asks for the stop of one, and tells it. Of no use for one that does not run any more. */
  take(tx: Transaction, request: EvictionRequest): Promise<void>;
}

/** What people ask of nodes. */
export interface NodeInventory {
  /** Undefined of a node that stays as it is, and where nobody can say. */
  leaving(node: string): Promise<Leaving | undefined>;
  /** It is shown as one that does not answer, or is not clean; false where nobody can say. */
  isAway(node: string): Promise<boolean>;
  /** The names of all that are drained or were removed; none where nobody can say. */
  allLeaving(): Promise<ReadonlySet<string>>;
}
