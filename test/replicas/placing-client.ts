import {
  nodeAnswered,
  type NodeAnswer,
  nodeRequested,
  type NodeRequest,
  nodeState,
  type NodeState,
} from '#libs/contracts';
import { createKafka, type PlatformKafka, Producer, SILENT, tail } from '#libs/kafka';
import { requireEnv, uniqueName, until } from '#libs/testing';
import type { OwnPlatform } from './own-platform.js';

/** Asks the load balancer of a platform for nodes, as its deployer does, and hears what its agents say of nodes. */
export class PlacingClient {
  /** What was said last, by node. */
  readonly states = new Map<string, NodeState>();
  private readonly answers = new Map<string, NodeAnswer>();
  private readonly kafka: PlatformKafka;
  private readonly producer: Producer;
  private following: { stop(): Promise<void> } | undefined;

  constructor(platform: OwnPlatform) {
    const brokers = requireEnv('KAFKA_BROKERS').split(',');
    const prefix = String(platform.env['KAFKA_PREFIX']);
    this.kafka = createKafka({ brokers, prefix, clientId: 'placing-client', logger: SILENT });
    this.producer = new Producer(this.kafka);
  }

  /** Once the load balancer has started, which makes the topics. */
  async follow(): Promise<void> {
    this.following = await tail(this.kafka, {
      ...{ topics: [nodeAnswered.topic, nodeState.topic], from: 'end' },
      onMessage: ({ topic, data }) => {
        if (topic === nodeState.topic) {
          const state = nodeState.schema.parse(data);
          this.states.set(state.node, state);
        } else {
          const answer = nodeAnswered.schema.parse(data);
          this.answers.set(answer.accessToken, answer);
        }
      },
    });
  }

  /** For a small instance of a service of its own, but for what is given. */
  async ask(changes: Partial<NodeRequest> = {}): Promise<NodeAnswer> {
    const accessToken = uniqueName('token');
    const data = nodeRequested.schema.parse({
      ...{ accessToken, appId: 'placing', service: uniqueName('web'), needsPort: false },
      resources: { cpu: 0.01, memoryMiB: 6 },
      expiresAt: new Date(Date.now() + 600_000).toISOString(),
      ...changes,
    });
    const { topic, type } = nodeRequested;
    await this.producer.publish([{ topic, type, key: data.appId, id: accessToken, data }]);
    return until('an answer', () => this.answers.get(accessToken), { timeoutMs: 60_000 });
  }

  async stop(): Promise<void> {
    await Promise.all([this.producer.stop(), this.following?.stop()]);
  }
}
