import {
  AGENT_SILENT_MS,
  nodeObserved,
  type NodeObservation,
  nodeState,
  type NodeState,
  topics,
} from '#libs/contracts';
import { tail, type TailedMessage } from '#libs/kafka';
import { NewestStates, NodeObservations } from '#libs/observations';
import type { Runtime } from '#libs/runtime';
import type { NodeVerdicts } from '../../rollout/ports.js';
import type { Clock } from '../../task/ports.js';
import type { WatchedNode, WatchedNodes } from '../ports.js';

interface AgentMessagesParts {
  readonly clock: Clock;
  /** A node that answered until now does not any more. */
  readonly onUnreachable?: (node: string) => void;
}

/** What the agents have said last of each node, in memory; each replica reads all of it. */
export class AgentMessages implements WatchedNodes, NodeVerdicts {
  private readonly states = new NewestStates();
  /** Of nodes that were removed while they did not answer: what is cleaned up after them waits for none of them. */
  private readonly removed = new Map<string, NodeState>();
  private readonly observations = new NodeObservations();
  /** When the last second of each node was observed, be it readable or not. */
  private readonly lastSeconds = new Map<string, number>();
  /** Seconds of before were not read: for so long nobody knows whether there are any. */
  private readonly since: number;

  constructor(private readonly parts: AgentMessagesParts) {
    this.since = this.nowMs();
  }

  take({ topic, key, data }: Pick<TailedMessage, 'topic' | 'key' | 'data'>): void {
    if (topic === topics.nodeState && data === '') return this.forget(key);
    // What cannot be read is none: the node manager sends it to the dead letters.
    if (topic === topics.nodeState) {
      const state = nodeState.schema.safeParse(data);
      if (state.success) this.takeState(state.data);
    } else {
      const second = nodeObserved.schema.safeParse(data);
      if (second.success) this.takeSecond(second.data);
    }
  }

  of(node: string): WatchedNode | undefined {
    const state = this.states.of(node) ?? this.removed.get(node);
    if (state === undefined || this.isOld(state)) return undefined;
    return { liveness: state.liveness, ...this.seenOn(node) };
  }

  all(): readonly string[] {
    return this.states.nodes;
  }

  unreachable(node: string): string | undefined {
    const { state, reason = 'its agent says so' } = this.of(node)?.liveness ?? {};
    return state === 'unreachable' ? reason : undefined;
  }

  /** A node that was removed does not answer, as a look found: it counts as unreachable for a while. */
  giveUp(node: string, reason: string): void {
    const now = this.parts.clock.now().toISOString();
    const liveness = { state: 'unreachable' as const, reason, since: now };
    this.removed.set(node, { node, fence: 0, liveness, observedAt: now });
  }

  private seenOn(node: string): Omit<WatchedNode, 'liveness'> {
    const last = this.lastSeconds.get(node) ?? this.since;
    if (this.nowMs() - last > AGENT_SILENT_MS) return { figures: 'none', running: [] };
    const seen = this.observations.of(node);
    if (seen === undefined) return { figures: 'gap', running: [] };
    const running = [...seen.instances.values()].map(({ identity, details }) => ({
      container: identity.container,
      restarts: details?.restarts ?? 0,
    }));
    return { figures: 'seen', running };
  }

  private takeState(state: NodeState): void {
    const { node, liveness } = state;
    const known = this.states.of(node);
    if (!this.states.take(state)) return;
    this.removed.delete(node);
    if (liveness.state === 'unreachable' && known?.liveness.state !== 'unreachable')
      this.parts.onUnreachable?.(node);
  }

  private takeSecond(second: NodeObservation): void {
    if (this.observations.take(second).kind === 'old') return;
    this.lastSeconds.set(second.node, Date.parse(second.observedAt));
  }

  private forget(node: string): void {
    for (const [name, old] of this.removed) if (this.isOld(old)) this.removed.delete(name);
    const state = this.states.of(node);
    if (state?.liveness.state === 'unreachable') this.removed.set(node, state);
    this.states.forget(node);
    this.lastSeconds.delete(node);
    this.observations.forget(node);
  }

  private isOld({ observedAt }: NodeState): boolean {
    return this.nowMs() - Date.parse(observedAt) > AGENT_SILENT_MS;
  }

  private nowMs(): number {
    return this.parts.clock.now().getTime();
  }
}

/** Reads along for as long as this replica lives. */
export function followAgents(
  kafka: Runtime['kafka'],
  messages: AgentMessages,
): Promise<{ stop(): Promise<void> }> {
  return tail(kafka, {
    topics: [topics.nodeObserved, topics.nodeState],
    // The newest state of each node is kept; of seconds the next whole one tells all.
    from: { byTopic: { [topics.nodeObserved]: 'end', [topics.nodeState]: 'beginning' } },
    onMessage: (message) => messages.take(message),
  });
}
