import { randomUUID } from 'node:crypto';
import { type InstanceAddress, nodeObserved, nodeState, type NodeState, topics } from '#libs/contracts';
import { createKafka, SILENT, tail } from '#libs/kafka';
import { NodeObservations, type Observed } from '#libs/observations';
import { requireEnv } from '#libs/testing';

export interface SeenSecond {
  /** By performance.now(), when it came. */
  readonly atMs: number;
  readonly fence: number;
  readonly observed: Observed;
}

export interface SeenState {
  readonly atMs: number;
  readonly state: NodeState;
}

/** Reads along what agents say of nodes, as every reader of it does. */
export class Observer {
  readonly states: SeenState[] = [];
  private readonly seconds = new Map<string, SeenSecond[]>();
  private readonly reader = new NodeObservations();
  private following: { stop(): Promise<void> } | undefined;

  async start(): Promise<void> {
    const kafka = createKafka({
      ...{ brokers: requireEnv('KAFKA_BROKERS').split(','), clientId: `observer-${randomUUID()}` },
      logger: SILENT,
    });
    this.following = await tail(kafka, {
      ...{ topics: [topics.nodeObserved, topics.nodeState], from: 'end' },
      onMessage: ({ topic, data }) => {
        const atMs = performance.now();
        if (topic === topics.nodeState) this.states.push({ atMs, state: nodeState.schema.parse(data) });
        else this.take(atMs, data);
      },
    });
  }

  async stop(): Promise<void> {
    await this.following?.stop();
  }

  /** All that came of a node, in its order. */
  of(node: string): readonly SeenSecond[] {
    return this.seconds.get(node) ?? [];
  }

  /** An instance in its newest second; undefined while there are no figures. */
  instanceOf({ node, container }: Pick<InstanceAddress, 'node' | 'container'>) {
    const instances = [...(this.reader.of(node)?.instances.values() ?? [])];
    return instances.find(({ identity }) => identity.container.startsWith(container));
  }

  stateOf(node: string): NodeState | undefined {
    return this.states.findLast(({ state }) => state.node === node)?.state;
  }

  private take(atMs: number, data: unknown): void {
    const message = nodeObserved.schema.parse(data);
    const second = { atMs, fence: message.fence, observed: this.reader.take(message) };
    this.seconds.set(message.node, [...this.of(message.node), second]);
  }
}
