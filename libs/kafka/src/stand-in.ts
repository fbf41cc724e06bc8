import type { Kafka, KafkaMessage } from 'kafkajs';
import type { MessageDefinition } from '#libs/contracts';
import { decode, idOf } from './cloud-event.js';
import type { LogSink } from './kafka-client.js';
import type { InboxPort, MessageHandler } from './message-context.js';
import { tail, type TailedMessage } from './tail.js';

/** A topic whose messages must not lie still for as long as its group has no working member for a partition. */
export interface StandInTopic {
  readonly topic: string;
  readonly groupId: string;
  readonly definitions: readonly MessageDefinition[];
}

export interface StandInOptions {
  readonly kafka: Kafka;
  readonly topics: readonly StandInTopic[];
  readonly inbox: InboxPort;
  readonly handle: MessageHandler;
  readonly logger: LogSink;
  /** How long the group is left to it: a message waits for so long, and meanwhile none of its partition is handled. */
  readonly patienceMs?: number;
}

interface Waiting {
  readonly id: string;
  readonly raw: KafkaMessage;
  readonly since: number;
}

/** The messages of one partition that nobody is known to have handled, in order. */
interface Partition {
  readonly of: StandInTopic;
  readonly partition: number;
  waiting: readonly Waiting[];
  /** When somebody handled one, or there was none to handle; by performance.now(). */
  movedAt: number;
}

const PATIENCE_MS = 500;
const LOOK_MS = 250;
const AT_ONCE = 50;
/** Of a partition; what is beyond it is the group's alone. */
const MOST_WAITING = 5_000;

/**
 * Reads along beside a group, and handles in its stead what it leaves lying: when a member is killed, a group hands
 * nothing to anybody until that member's session has expired, 6 s at the least. The group's own inbox makes sure that
 * each message is handled once, by whom ever; what cannot be handled here is left to the group.
 */
export class StandIn {
  private readonly partitions = new Map<string, Partition>();
  private tailing: { stop(): Promise<void> } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private readonly patienceMs: number;

  constructor(private readonly options: StandInOptions) {
    // So that of several one is the first.
    this.patienceMs = (options.patienceMs ?? PATIENCE_MS) * (1 + Math.random() / 2);
  }

  async start(): Promise<void> {
    const { kafka, topics } = this.options;
    this.tailing = await tail(kafka, {
      topics: topics.map(({ topic }) => topic),
      from: 'end',
      onMessage: (message) => this.take(message),
    });
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await this.tailing?.stop();
  }

  private take({ topic, partition, raw }: TailedMessage): void {
    const of = this.options.topics.find((candidate) => candidate.topic === topic);
    if (of === undefined) return;
    const now = performance.now();
    const key = `${topic}/${partition}`;
    const own = this.partitions.get(key) ?? { of, partition, waiting: [], movedAt: now };
    this.partitions.set(key, own);
    if (own.waiting.length >= MOST_WAITING) return;
    if (own.waiting.length === 0) own.movedAt = now;
    own.waiting = [...own.waiting, { id: idOf({ topic, partition }, raw), raw, since: now }];
  }

  private look(): void {
    this.looking ??= this.lookAtAll()
      .catch((err: unknown) =>
        this.options.logger.warn({ err }, 'messages that lie still are not looked for'),
      )
      .finally(() => {
        this.looking = undefined;
      });
  }

  private async lookAtAll(): Promise<void> {
    for (const own of this.partitions.values()) {
      if (own.waiting.length === 0) continue;
      await this.forgetHandled(own);
      if (this.liesStill(own)) await this.standIn(own);
    }
  }

  private async forgetHandled(own: Partition): Promise<void> {
    const ids = own.waiting.map(({ id }) => id);
    const handled = await this.options.inbox.handled(own.of.groupId, ids);
    if (handled.size === 0) return;
    own.waiting = own.waiting.filter(({ id }) => !handled.has(id));
    own.movedAt = performance.now();
  }

  private liesStill({ waiting: [oldest], movedAt }: Partition): boolean {
    const before = performance.now() - this.patienceMs;
    return oldest !== undefined && oldest.since < before && movedAt < before;
  }

  private async standIn(own: Partition): Promise<void> {
    const { inbox, handle, logger } = this.options;
    const { of, partition } = own;
    const batch = own.waiting.slice(0, AT_ONCE);
    try {
      const at = { topic: of.topic, partition };
      const messages = batch.map(({ raw }) => decode(at, raw, of.definitions));
      await inbox.run(of.groupId, messages, async (index, tx) => {
        const [message, from] = [messages[index], batch[index]];
        if (message === undefined || from === undefined) throw new RangeError(`no message ${index}`);
        const { id, type, key, headers, traceparent } = message;
        await handle(message, { id, type, key, headers, traceparent, ...at, offset: from.raw.offset, tx });
      });
      logger.info(
        { topic: of.topic, partition, messages: batch.length },
        'messages were handled for their group',
      );
    } catch (err) {
      logger.debug({ err, topic: of.topic, partition }, 'messages are left to their group');
    }
    // Also those that failed: the group tries again, and has dead letters.
    const done = new Set(batch.map(({ id }) => id));
    own.waiting = own.waiting.filter(({ id }) => !done.has(id));
  }
}
