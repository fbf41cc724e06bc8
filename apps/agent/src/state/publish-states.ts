import type { NodeState } from '#libs/contracts';
import type { ObservedNode } from '#libs/observations';
import type { Verdict } from '../liveness/domain/verdict.js';
import type { NodeStatus } from '../watch/ports.js';
import { Hour } from './domain/hour.js';
import type { States } from './ports.js';

/** Also what a reader that was away finds at the latest. */
const EVERY_MS = 10_000;
/** Of one that could not be sent. */
const AGAIN_MS = 1_000;

interface Known {
  readonly hour: Hour;
  /** The last that was sent. */
  sent?: { readonly verdict: Verdict; readonly engine: string | undefined };
  dueMs: number;
  /** The verdict that the database has. */
  recorded?: Verdict;
  isBusy: boolean;
  hasFailed: boolean;
}

/** Publishes how each node is: on change and every ten seconds, and only while its lease is valid. */
export class NodeStates {
  private readonly nodes = new Map<string, Known>();

  constructor(private readonly states: States) {}

  observed(second: ObservedNode): void {
    this.of(second.node).hour.add(second);
  }

  /** What is known of a node now; asked every second, and at once when there is a new verdict. */
  look(status: NodeStatus): void {
    const { node, verdict } = status;
    const known = this.of(node);
    if (verdict === undefined || known.isBusy || !this.states.isValid()) return;
    const nowMs = this.states.now().getTime();
    const hasChanged = known.sent?.verdict !== verdict || known.sent.engine !== status.engine?.version;
    if (nowMs < known.dueMs && !hasChanged) return;
    known.isBusy = true;
    known.dueMs = nowMs + EVERY_MS;
    void this.send(known, status, verdict).finally(() => (known.isBusy = false));
  }

  forget(node: string): void {
    this.nodes.delete(node);
  }

  removed(node: string): Promise<void> {
    return this.states.publishRemoval(node);
  }

  private of(node: string): Known {
    const known = this.nodes.get(node) ?? { hour: new Hour(), dueMs: 0, isBusy: false, hasFailed: false };
    this.nodes.set(node, known);
    return known;
  }

  /** The database first: it knows whose the lease is. */
  private async send(known: Known, status: NodeStatus, verdict: Verdict): Promise<void> {
    const { node, fence } = status;
    try {
      if (known.recorded !== verdict) {
        if (!(await this.states.record(node, fence, verdict))) return;
        known.recorded = verdict;
      }
      if (!this.states.isValid()) return;
      await this.states.publish(stateOf(status, verdict, known.hour, this.states.now()));
      known.hasFailed = false;
      known.sent = { verdict, engine: status.engine?.version };
    } catch (error) {
      known.dueMs = this.states.now().getTime() + AGAIN_MS;
      if (!known.hasFailed) this.states.onError(error, node);
      known.hasFailed = true;
    }
  }
}

function stateOf(
  { node, fence, engine, sizes, topology, listeningPorts }: NodeStatus,
  { state, reason, since }: Verdict,
  hour: Hour,
  now: Date,
): NodeState {
  const lastHour = hour.figures(now.getTime());
  const lastMinutes = hour.lastMinutes(now.getTime());
  return {
    ...{ node, fence },
    liveness: { state, ...(reason !== undefined && { reason }), since },
    observedAt: now.toISOString(),
    ...(sizes && {
      sizes: {
        ...{ cpus: sizes.cpus, memoryBytes: sizes.memoryBytes },
        ...(sizes.diskBytes !== undefined && { diskBytes: sizes.diskBytes }),
      },
      ...(sizes.diskFreeBytes !== undefined && { diskFreeBytes: sizes.diskFreeBytes }),
      ...(sizes.clockSkewMs !== undefined && { clockSkewMs: sizes.clockSkewMs }),
    }),
    ...(topology && { topology: { ...topology, numaNodes: [...topology.numaNodes] } }),
    ...(listeningPorts && { listeningPorts: [...listeningPorts] }),
    ...(engine && { engine }),
    ...(lastHour && { lastHour }),
    ...(lastMinutes && { lastMinutes }),
  };
}
