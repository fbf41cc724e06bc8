import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { PlatformKafka } from './kafka-client.js';
import { ACL_PAGE, aclText, brokerTypeOf } from './missing-acl.js';

export interface TopicShape {
  readonly partitions: number;
  readonly replicationFactor: number;
}

/** What a topic is made with besides, by its name without the prefix and Kafka's names of settings. */
export type TopicSettings = Readonly<Partial<Record<string, Readonly<Record<string, string>>>>>;

/** As Kafka takes it. */
export const isTopicName = (name: string): boolean =>
  /^[A-Za-z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';

const LED_WITHIN_MS = 30_000;

/**
 * Until each partition has a leader. kafkajs' own `waitForLeaders` gives up when the broker that it asks has not heard
 * of the topic yet.
 */
async function untilLed(admin: Admin, topics: string[]): Promise<void> {
  const deadline = performance.now() + LED_WITHIN_MS;
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, 200)) {
    const known = await admin.fetchTopicMetadata({ topics }).catch((error: unknown) => {
      if (performance.now() > deadline) throw error;
      return undefined;
    });
    const led = known?.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0));
    if (led === true || performance.now() > deadline) return;
    await delay(waitMs);
  }
}

const FORBIDDEN: ReadonlySet<unknown> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
]);
const isForbidden = (error: unknown): boolean => FORBIDDEN.has(brokerTypeOf(error));

/** Topics that are missing cannot be created; the message says why, of each. */
export class TopicCreationError extends Error {
  readonly code: 'KAFKA_ACL_MISSING' | 'KAFKA_TOPICS_WRONG';

  constructor(causes: readonly unknown[], principal: string, options: ErrorOptions) {
    const each = causes.map((cause) => `\n  ${creationProblem(cause, principal)}`);
    const isAcl = causes.some(isForbidden);
    super(`Cannot create topics:${each.join('')}${isAcl ? `\n${ACL_PAGE}` : ''}`, options);
    this.name = 'TopicCreationError';
    this.code = isAcl ? 'KAFKA_ACL_MISSING' : 'KAFKA_TOPICS_WRONG';
  }
}

/** Also of a topic that exists, where the client may not describe it: then it is not on the list. */
function creationProblem(error: unknown, principal: string): string {
  if (!(error instanceof Error)) return String(error);
  const name = 'topic' in error ? String(error.topic) : '';
  if (isForbidden(error))
    return `${aclText({ operation: 'Create', resource: 'topic', name }, principal)} (Describe, where it exists)`;
  return name === '' ? error.message : `${name}: ${error.message}`;
}

/** Of each topic; kafkajs' own error says only that there were some. None where the brokers did not answer. */
const creationErrors = (error: unknown): readonly unknown[] =>
  error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : [];

/** Works as an administrator, and lets go of the brokers at the end. */
export async function administered<T>(kafka: PlatformKafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Creates the topics that do not exist; those that do are left as they are. */
export const ensureTopics = (
  kafka: PlatformKafka,
  topics: readonly string[],
  shape: TopicShape,
  settings: TopicSettings = {},
): Promise<void> =>
  administered(kafka, async (admin) => {
    const present = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !present.has(kafka.nameOf(topic)));
    if (missing.length === 0) return;
    const made = missing.map((topic) => ({
      topic: kafka.nameOf(topic),
      numPartitions: shape.partitions,
      replicationFactor: shape.replicationFactor,
      configEntries: Object.entries(settings[topic] ?? {}).map(([name, value]) => ({ name, value })),
    }));
    await admin.createTopics({ topics: made, waitForLeaders: false }).catch((cause: unknown) => {
      const causes = creationErrors(cause);
      throw causes.length === 0 ? cause : new TopicCreationError(causes, kafka.principal(), { cause });
    });
    await untilLed(
      admin,
      made.map(({ topic }) => topic),
    );
  });
