import { AGENT_SILENT_MS, type NodeObservation, type NodeState, type ShownScore } from '#libs/contracts';
import {
  isOlderState,
  NodeObservations,
  type ObservedInstance,
  type ObservedNode,
  usedCores,
  usedMemoryBytes,
} from '#libs/observations';

/** What a node used in its last second; null is not known. */
interface NodeFigures {
  readonly cpu: number;
  readonly cpus: number | null;
  readonly load1: number;
  readonly memoryUsedBytes: number | null;
  readonly memoryBytes: number | null;
  readonly diskFreeBytes: number | null;
  readonly inBytesPerSecond: number | null;
  readonly outBytesPerSecond: number | null;
  readonly instances: number;
}

export interface NodeRow {
  readonly node: string;
  /** Null where the agent has not said it lately. */
  readonly liveness: NodeState['liveness'] | null;
  /** Of the last second that is known; null where none is. */
  readonly ageMs: number | null;
  /** Null in a gap. */
  readonly figures: NodeFigures | null;
}

interface InstanceFigures {
  readonly cpu: number;
  readonly cpuLimit: number | null;
  /** Null where the service does not ask for peaks. */
  readonly cpuPeak: number | null;
  readonly throttledShare: number | null;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number | null;
  readonly restarts: number | null;
  readonly oomKills: number | null;
  readonly inBytesPerSecond: number | null;
  readonly outBytesPerSecond: number | null;
}

export interface InstanceRow {
  readonly service: string;
  readonly instance: string;
  readonly node: string;
  readonly release: string;
  readonly ageMs: number;
  /** Null where the load balancer has none, or is not asked. */
  readonly score: Pick<ShownScore, 'overall' | 'state'> | null;
  /** Null in a gap, of the node or of the instance alone. */
  readonly figures: InstanceFigures | null;
}

interface KnownNode {
  readonly state?: NodeState;
  /** When its last message was sent, by the database's clock; also of one that cannot be read. */
  readonly heardAtMs?: number;
  /** The last second that could be read. */
  readonly last?: ObservedNode;
}

/** Seconds come once a second, half a second late at times. Beyond this a second was missed. */
const FRESH_MS = 3_000;

/** The newest figures of all nodes, with their age. Times are in milliseconds since 1970. */
export class Figures {
  private readonly observations = new NodeObservations();
  private readonly nodes = new Map<string, KnownNode>();
  private scores: ReadonlyMap<string, ShownScore> = new Map();
  /** By how much the clock here is ahead of the database's, the way of a message included: the least that was seen. */
  private aheadMs: number | undefined;

  takeSecond(message: NodeObservation, nowMs: number): void {
    const observed = this.observations.take(message);
    if (observed.kind === 'old') return;
    const heardAtMs = Date.parse(message.observedAt);
    this.aheadMs = Math.min(this.aheadMs ?? Infinity, nowMs - heardAtMs);
    const last = observed.kind === 'observed' && { last: observed.node };
    this.nodes.set(message.node, { ...this.nodes.get(message.node), heardAtMs, ...last });
  }

  takeState(state: NodeState): void {
    const known = this.nodes.get(state.node);
    if (known?.state !== undefined && isOlderState(state, known.state)) return;
    this.nodes.set(state.node, { ...known, state });
  }

  /** The newest of all; what is not among them has none any more. */
  takeScores(scores: readonly ShownScore[]): void {
    this.scores = new Map(scores.map((score) => [score.instance, score]));
  }

  /** A node that was removed. One of the same name that is observed since stays. */
  removed(node: string): void {
    const known = this.nodes.get(node);
    if (known?.heardAtMs === undefined) this.nodes.delete(node);
    else this.nodes.set(node, { ...known, state: undefined });
  }

  nodeRows(nowMs: number): readonly NodeRow[] {
    return this.shown(nowMs).map(([node, { state, last }]) => ({
      node,
      liveness: state !== undefined && this.ageOf(state, nowMs) < AGENT_SILENT_MS ? state.liveness : null,
      ageMs: last === undefined ? null : this.ageOf(last, nowMs),
      figures: this.isFresh(node, nowMs) && last !== undefined ? nodeFigures(last) : null,
    }));
  }

  instanceRows(appId: string, nowMs: number): readonly InstanceRow[] {
    return this.shown(nowMs).flatMap(([node, { last }]) => {
      if (last === undefined || this.ageOf(last, nowMs) >= AGENT_SILENT_MS) return [];
      return [...last.instances.values()]
        .filter(({ identity }) => identity.appId === appId)
        .map((one) => ({
          ...{ service: one.identity.service, instance: one.instance, node, release: one.identity.release },
          ageMs: this.ageOf(last, nowMs),
          score: scoreOf(this.scores.get(one.instance)),
          figures: this.isFresh(node, nowMs) ? instanceFigures(one) : null,
        }));
    });
  }

  private shown(nowMs: number): readonly (readonly [string, KnownNode])[] {
    return [...this.nodes].filter(
      ([, { state, heardAtMs = 0 }]) => state !== undefined || this.age(heardAtMs, nowMs) < AGENT_SILENT_MS,
    );
  }

  /** After a message that could not be read, what is known is not what is. */
  private isFresh(node: string, nowMs: number): boolean {
    const now = this.observations.of(node);
    return now !== undefined && this.ageOf(now, nowMs) < FRESH_MS;
  }

  private ageOf({ observedAt }: { readonly observedAt: string }, nowMs: number): number {
    return this.age(Date.parse(observedAt), nowMs);
  }

  /** In whole milliseconds. */
  private age(atMs: number, nowMs: number): number {
    return Math.round(Math.max(0, nowMs - (this.aheadMs ?? 0) - atMs));
  }
}

function nodeFigures(second: ObservedNode): NodeFigures {
  const { sizes, instances } = second;
  const { load1, network } = second.host;
  return {
    cpu: usedCores(second),
    cpus: sizes?.cpus ?? null,
    load1,
    memoryUsedBytes: usedMemoryBytes(second) ?? null,
    memoryBytes: sizes?.memoryBytes ?? null,
    diskFreeBytes: sizes?.diskFreeBytes ?? null,
    inBytesPerSecond: network?.inBytesPerSecond ?? null,
    outBytesPerSecond: network?.outBytesPerSecond ?? null,
    instances: instances.size,
  };
}

const scoreOf = (score: ShownScore | undefined): InstanceRow['score'] =>
  score === undefined ? null : { overall: score.overall, state: score.state };

function instanceFigures({ usage, details }: ObservedInstance): InstanceFigures | null {
  if (usage === null) return null;
  return {
    cpu: usage.cpu,
    cpuLimit: details?.limits.cpus ?? null,
    cpuPeak: usage.cpuPeak ?? null,
    throttledShare: usage.throttled?.share ?? null,
    memoryBytes: usage.memoryBytes,
    memoryLimitBytes: details?.limits.memoryBytes ?? null,
    restarts: details?.restarts ?? null,
    oomKills: usage.oomKills ?? null,
    inBytesPerSecond: details?.network?.inBytesPerSecond ?? null,
    outBytesPerSecond: details?.network?.outBytesPerSecond ?? null,
  };
}
