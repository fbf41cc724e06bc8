import {
  type MessageData,
  type MessageDefinition,
  type NodeAnswer,
  nodeAnswered,
  nodeRequested,
  type NodeRequest,
} from '#libs/contracts';
import { createKafka, Producer, SILENT, tail } from '#libs/kafka';

/** An answer with the time from the publication of its request to its arrival. */
interface Answered {
  readonly answer: NodeAnswer;
  readonly ms: number;
  /** By the monotonic clock of this process. */
  readonly at: number;
  readonly seen: Set<string>;
  /** Later answers to the same token that name another place, or none. */
  readonly others: NodeAnswer[];
}

/** Asks for places over Kafka as deployers do, and keeps every answer. */
export class PlacementTraffic {
  readonly answers = new Map<string, Answered>();
  private readonly askedAt = new Map<string, number>();
  private fresh: NodeAnswer[] = [];
  private readonly kafka;
  private readonly producer: Producer;
  private tailing: { stop(): Promise<void> } | undefined;
  private sent = 0;

  constructor(env: Readonly<Record<string, string>>) {
    const { KAFKA_BROKERS: brokers = '', KAFKA_PREFIX: prefix } = env;
    this.kafka = createKafka({ brokers: brokers.split(','), prefix, clientId: 'traffic', logger: SILENT });
    this.producer = new Producer(this.kafka);
  }

  async open(): Promise<void> {
    await this.producer.start();
    this.tailing = await tail(this.kafka, {
      ...{ topics: [nodeAnswered.topic], from: 'end' },
      onMessage: ({ data }) => this.take(data as NodeAnswer),
    });
  }

  async close(): Promise<void> {
    await this.tailing?.stop();
    await this.producer.stop();
  }

  /** How many tokens were asked for and have no answer yet. */
  get unanswered(): number {
    return this.askedAt.size - this.answers.size;
  }

  /** The first answers to tokens that came since the last call. */
  newAnswers(): readonly NodeAnswer[] {
    const { fresh } = this;
    this.fresh = [];
    return fresh;
  }

  /** A token that was asked for before keeps the time of its first request. */
  async ask(requests: readonly NodeRequest[]): Promise<void> {
    const now = performance.now();
    for (const { accessToken } of requests)
      if (!this.askedAt.has(accessToken)) this.askedAt.set(accessToken, now);
    await this.publish(nodeRequested, requests);
  }

  async publish<D extends MessageDefinition>(
    definition: D,
    messages: readonly MessageData<D>[],
  ): Promise<void> {
    const { topic, type } = definition;
    await this.producer.publish(
      messages.map((data) => {
        this.sent += 1;
        return { topic, type, key: definition.key(data), id: `placement-${process.pid}-${this.sent}`, data };
      }),
    );
  }

  private take(answer: NodeAnswer): void {
    const asked = this.askedAt.get(answer.accessToken);
    if (asked === undefined) return;
    const before = this.answers.get(answer.accessToken);
    const place = placeOf(answer);
    if (before?.seen.has(place)) return;
    if (before?.answer.node === undefined) {
      // A request that was refused may be placed when it comes again.
      const at = performance.now();
      const seen = new Set([...(before?.seen ?? []), place]);
      this.answers.set(answer.accessToken, { answer, ms: at - asked, at, seen, others: [] });
      this.fresh.push(answer);
    } else {
      before.seen.add(place);
      before.others.push(answer);
    }
  }
}

/** Its node and port; that there is none. */
export const placeOf = ({ node }: NodeAnswer): string =>
  node === undefined ? 'none' : `${node.name}:${node.port ?? '-'}`;
