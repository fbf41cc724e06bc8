import type { Admin } from 'kafkajs';
import { brokerErrorOf, type PlatformKafka } from '#libs/kafka';
import { within } from '#libs/runtime';

/** One that does not answer by then is as one that is away. */
const ANSWER_MS = 3_000;
/** Soon the figure is asked for again anyway. */
const ONCE = { retry: { retries: 1, initialRetryTime: 100 } };
/** No policy has asked for a topic for so long. */
const UNUSED_MS = 60_000;

interface TopicAdmin {
  readonly admin: Promise<Admin>;
  usedAt: number;
}

/**
 * How many messages consumer groups have yet to read. Groups and topics of services are named as they are.
 *
 * Each topic has a client of its own: kafkajs asks for all topics at once that a client was ever asked for, and learns of
 * none when one of them is gone.
 */
export class KafkaLag {
  private readonly admins = new Map<string, TopicAdmin>();

  constructor(
    private readonly kafka: Pick<PlatformKafka, 'admin'>,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /** Of a partition without a commit, all that it holds. Throws where the brokers do not answer within 3 s. */
  async of(group: string, topic: string): Promise<number> {
    this.endUnused();
    const used = this.adminOf(topic);
    try {
      return await within(
        ANSWER_MS,
        'Kafka',
        used.admin.then((admin) => lagOf(admin, group, topic)),
      );
    } catch (error) {
      // A client that failed may remember a topic that is gone, or a broker that is.
      if (this.admins.get(topic) === used) this.admins.delete(topic);
      end(used);
      throw isGone(error) ? new Error(`there is no topic ${topic}`, { cause: error }) : error;
    }
  }

  async stop(): Promise<void> {
    const all = [...this.admins.values()];
    this.admins.clear();
    await Promise.all(all.map(({ admin }) => admin.then((one) => one.disconnect()).catch(() => undefined)));
  }

  private adminOf(topic: string): TopicAdmin {
    const usedAt = this.monotonicMs();
    const known = this.admins.get(topic);
    if (known !== undefined) {
      known.usedAt = usedAt;
      return known;
    }
    const admin = this.kafka.admin(ONCE);
    const used = { admin: admin.connect().then(() => admin), usedAt };
    this.admins.set(topic, used);
    return used;
  }

  private endUnused(): void {
    const since = this.monotonicMs() - UNUSED_MS;
    for (const [topic, used] of this.admins) {
      if (used.usedAt >= since) continue;
      this.admins.delete(topic);
      end(used);
    }
  }
}

/** Also where kafkajs learns that a topic is gone that it knew: it reads members of nothing then. */
const isGone = (error: unknown): boolean =>
  error instanceof TypeError || brokerErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION';

const end = ({ admin }: TopicAdmin): void =>
  void admin.then((one) => one.disconnect()).catch(() => undefined);

async function lagOf(admin: Admin, group: string, topic: string): Promise<number> {
  const [ends, committed] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId: group, topics: [topic] }),
  ]);
  const offsets = new Map(
    committed.flatMap(({ partitions }) =>
      partitions.map(({ partition, offset }) => [partition, Number(offset)]),
    ),
  );
  return ends.reduce((sum, { partition, high, low }) => {
    const read = Math.max(Number(low), offsets.get(partition) ?? -1);
    return sum + Math.max(0, Number(high) - read);
  }, 0);
}
