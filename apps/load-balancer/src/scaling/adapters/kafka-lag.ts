import type { Admin } from 'kafkajs';
import type { PlatformKafka } from '#libs/kafka';
import { within } from '#libs/runtime';

/** One that does not answer by then is as one that is away. */
const ANSWER_MS = 3_000;

/** How many messages consumer groups have yet to read. Groups and topics of services are named as they are. */
export class KafkaLag {
  private admin: Promise<Admin> | undefined;

  constructor(private readonly kafka: PlatformKafka) {}

  /** Of a partition without a commit, all that it holds. Throws where the brokers do not answer within 3 s. */
  async of(group: string, topic: string): Promise<number> {
    return within(ANSWER_MS, 'Kafka', this.read(group, topic));
  }

  async stop(): Promise<void> {
    const admin = await this.admin?.catch(() => undefined);
    this.admin = undefined;
    await admin?.disconnect();
  }

  private async read(group: string, topic: string): Promise<number> {
    const admin = await this.connected();
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

  private async connected(): Promise<Admin> {
    this.admin ??= (async () => {
      const admin = this.kafka.admin();
      await admin.connect();
      return admin;
    })().catch((error: unknown) => {
      this.admin = undefined;
      throw error;
    });
    return this.admin;
  }
}
