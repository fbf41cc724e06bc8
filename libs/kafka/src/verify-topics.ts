import type { Admin, ConfigResourceTypes } from 'kafkajs';
import type { PlatformKafka } from './kafka-client.js';
import { ACL_PAGE, aclText, brokerTypeOf, NEEDS, type Operation } from './missing-acl.js';
import { administered, type TopicSettings, type TopicShape } from './topics.js';

/** Topics are not as they must be; a line for each, with the command line that puts it right. */
export class TopicsWrongError extends Error {
  readonly code = 'KAFKA_TOPICS_WRONG';

  constructor(app: string, problems: readonly string[]) {
    const lines = problems.map((problem) => `\n  ${problem}`);
    const more = problems.some((problem) => problem.startsWith(NEEDS)) ? `\n${ACL_PAGE}` : '';
    super(`KAFKA_TOPICS=verify, ${app}:${lines.join('')}${more}`);
    this.name = 'TopicsWrongError';
  }
}

interface Expected extends TopicShape {
  readonly app: string;
  readonly brokers: readonly string[];
  /** Kafka's own tools need a file with a login or certificates, too. */
  readonly isSecured: boolean;
  /** What the app does with a topic. */
  readonly operationsOn: (topic: string) => readonly Operation[];
  /** Of these, how many partitions there are does not matter. */
  readonly isDeadLetters: (topic: string) => boolean;
  /** Without settings of its own, a topic must not be compacted. */
  readonly settings?: TopicSettings;
}

/** Kafka's number for it: kafkajs gives its own names to CommonJS only. */
const TOPIC: ConfigResourceTypes.TOPIC = 2;
/** With compaction, Kafka drops all but the last message of a key. */
const CLEANUP = 'cleanup.policy';

class Verification {
  constructor(
    private readonly admin: Admin,
    private readonly kafka: PlatformKafka,
    private readonly expected: Expected,
  ) {}

  /** What is wrong with the topic, as lines. */
  async problems(topic: string): Promise<readonly string[]> {
    const name = this.kafka.nameOf(topic);
    try {
      const { topics } = await this.admin.fetchTopicMetadata({ topics: [name] });
      const partitions = topics[0]?.partitions.length ?? 0;
      return [...this.tooFew(topic, partitions), ...(await this.wronglyCleaned(topic))];
    } catch (error) {
      const type = brokerTypeOf(error);
      if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return [`${name} is missing; ${this.creation(topic)}`];
      if (type === 'TOPIC_AUTHORIZATION_FAILED')
        return [this.lacks(name, [...this.expected.operationsOn(topic), 'DescribeConfigs'])];
      throw error;
    }
  }

  private tooFew(topic: string, found: number): readonly string[] {
    const { partitions, isDeadLetters } = this.expected;
    if (isDeadLetters(topic) || found >= partitions) return [];
    const name = this.kafka.nameOf(topic);
    const more = this.line('kafka-topics.sh', `--alter --topic ${name} --partitions ${partitions}`);
    return [`${name} has partitions=${found}, expected ${partitions} (KAFKA_PARTITIONS) or more; ${more}`];
  }

  private async wronglyCleaned(topic: string): Promise<readonly string[]> {
    const name = this.kafka.nameOf(topic);
    const { [CLEANUP]: expected } = this.settingsOf(topic);
    try {
      const asked = { includeSynonyms: false, resources: [{ type: TOPIC, name, configNames: [CLEANUP] }] };
      const { resources } = await this.admin.describeConfigs(asked);
      const policy = resources[0]?.configEntries.find(
        ({ configName }) => configName === CLEANUP,
      )?.configValue;
      if (policy === undefined || policy === expected) return [];
      const mended = this.line(
        'kafka-configs.sh',
        `--alter --topic ${name} --add-config ${CLEANUP}=${expected}`,
      );
      return [`${name} has ${CLEANUP}=${policy}, expected ${expected}; ${mended}`];
    } catch (error) {
      if (brokerTypeOf(error) !== 'TOPIC_AUTHORIZATION_FAILED') throw error;
      return [this.lacks(name, ['DescribeConfigs'])];
    }
  }

  private lacks(name: string, operations: readonly Operation[]): string {
    return aclText({ operation: operations.join(' and '), resource: 'topic', name }, this.kafka.principal());
  }

  private settingsOf(topic: string): Readonly<Record<string, string>> & { readonly [CLEANUP]: string } {
    return { [CLEANUP]: 'delete', ...this.expected.settings?.[topic] };
  }

  private creation(topic: string): string {
    const configs = Object.entries(this.settingsOf(topic)).map(
      ([name, value]) => `--config ${name}=${value}`,
    );
    const { partitions, replicationFactor } = this.expected;
    const shape = `--partitions ${partitions} --replication-factor ${replicationFactor}`;
    return this.line(
      'kafka-topics.sh',
      `--create --topic ${this.kafka.nameOf(topic)} ${shape} ${configs.join(' ')}`,
    );
  }

  private line(tool: string, words: string): string {
    const { brokers, isSecured } = this.expected;
    const login = isSecured ? ' --command-config admin.properties' : '';
    return `run ${tool} --bootstrap-server ${brokers.join(',')}${login} ${words}`;
  }
}

/** Throws a TopicsWrongError with all that is wrong. Changes nothing. */
export const verifyTopics = (
  kafka: PlatformKafka,
  topics: readonly string[],
  expected: Expected,
): Promise<void> =>
  administered(kafka, async (admin) => {
    const verification = new Verification(admin, kafka, expected);
    const problems = await Promise.all(topics.map((topic) => verification.problems(topic)));
    if (problems.flat().length > 0) throw new TopicsWrongError(expected.app, problems.flat());
  });
