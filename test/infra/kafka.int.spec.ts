import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { allTopics } from '#libs/contracts';
import {
  administered,
  ensureTopics,
  Producer,
  tail,
  type TopicSettings,
  untilAnswered,
  verifyTopics,
} from '#libs/kafka';
import { uniqueName, until } from '#libs/testing';
import { RunningCommand } from '../e2e/command.js';
import { clientOf, connectionBy, SecuredKafka } from './secured-kafka.js';

let kafka: SecuredKafka;
beforeAll(async () => {
  kafka = await SecuredKafka.start();
});
afterAll(() => kafka?.stop());

type Env = Readonly<Record<string, string>>;
const SHAPE = { partitions: 2, replicationFactor: 1 };

async function why(env: Env): Promise<string> {
  const error: unknown = await untilAnswered(connectionBy(env), 500).catch((thrown: unknown) => thrown);
  return String(error);
}

/** Reads along, publishes one message, and sees it. */
async function roundTrip(env: Env, topic: string): Promise<unknown> {
  const client = clientOf(env);
  const producer = new Producer(client);
  const seen: unknown[] = [];
  const reading = await tail(client, {
    ...{ topics: [topic], from: 'end' },
    onMessage: ({ data }) => seen.push(data),
  });
  try {
    await producer.publish([{ topic, key: 'k', type: 't', id: uniqueName('id'), data: { here: true } }]);
    return await until('the message', () => seen[0]);
  } finally {
    await Promise.all([reading.stop(), producer.stop()]);
  }
}

async function allowed(principal: string): Promise<string> {
  const prefix = uniqueName('own');
  for (const operation of ['Read', 'Write', 'Create'] as const)
    await kafka.allow(principal, { operation, resource: 'topic', name: prefix, isPrefix: true });
  await kafka.allow(principal, { operation: 'Read', resource: 'group', name: prefix, isPrefix: true });
  return `${prefix}.`;
}

describe('a broker with TLS, logins and ACLs takes', () => {
  it.each([
    ['PLAIN', 'User:ada', () => kafka.withPassword('PLAIN')],
    ['SCRAM-SHA-256', 'User:ada', () => kafka.withPassword('SCRAM-SHA-256')],
    ['SCRAM-SHA-512', 'User:bob', () => kafka.withPassword('SCRAM-SHA-512', 'bob')],
    ['OAUTHBEARER', 'User:slipway-client', () => kafka.withToken()],
    ['mutual TLS', 'User:carol', () => kafka.withCertificate()],
  ])('a client by %s, as %s, that makes a topic, writes and reads it', async (_, principal, env) => {
    const KAFKA_PREFIX = await allowed(principal);
    const own = { ...env(), KAFKA_PREFIX };
    await untilAnswered(connectionBy(own), 5_000);
    await ensureTopics(clientOf(own), ['news'], SHAPE);
    expect(await roundTrip(own, 'news')).toEqual({ here: true });
  });
});

describe('each wrong setting yields one line that names its variable', () => {
  it('another authority', async () => {
    const other = join(kafka.broker.folder, 'carol.crt');
    expect(await why(kafka.withPassword('PLAIN', 'ada', { KAFKA_CA_FILE: other }))).toMatch(
      /KAFKA_CA_FILE: its authority did not sign the certificate of 127\.0\.0\.1:\d+$/,
    );
  });

  it('no authority', async () => {
    expect(await why(kafka.withPassword('PLAIN', 'ada', { KAFKA_CA_FILE: '' }))).toMatch(
      /KAFKA_CA_FILE is not set, and this machine does not know who signed the certificate/,
    );
  });

  it('another host name', async () => {
    const KAFKA_BROKERS = kafka.broker.saslSsl.replace('127.0.0.1', 'localhost');
    expect(await why(kafka.withPassword('PLAIN', 'ada', { KAFKA_BROKERS }))).toMatch(
      /KAFKA_BROKERS: the certificate of localhost:\d+ is for broker, another host name$/,
    );
  });

  it.each(['PLAIN', 'SCRAM-SHA-256'])('a wrong password by %s', async (mechanism) => {
    const wrong = kafka.withPassword(mechanism, 'ada', { KAFKA_SASL_PASSWORD: 'not-this' });
    const said = await why(wrong);
    expect(said).toMatch(/KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD: 127\.0\.0\.1:\d+ refuses User:ada$/);
    expect(said).not.toContain('not-this');
  });

  it('plain text to a port with TLS', async () => {
    expect(await why({ KAFKA_BROKERS: kafka.broker.saslSsl })).toMatch(
      /KAFKA_TLS is not true, and 127\.0\.0\.1:\d+ speaks TLS$/,
    );
  });

  it('TLS to a port without', async () => {
    expect(await why(kafka.secured({ KAFKA_BROKERS: kafka.broker.plain }))).toMatch(
      /KAFKA_TLS is true, and 127\.0\.0\.1:\d+ does not speak TLS$/,
    );
  });

  it('no login where one is wanted', async () => {
    expect(await why(kafka.secured())).toMatch(
      /KAFKA_SASL_MECHANISM is not set, and 127\.0\.0\.1:\d+ closes/,
    );
  });

  it('no certificate where one is wanted', async () => {
    expect(await why(kafka.secured({ KAFKA_BROKERS: kafka.broker.mutualTls }))).toMatch(
      /KAFKA_CLIENT_CERTIFICATE_FILE is not set, and 127\.0\.0\.1:\d+ wants a certificate$/,
    );
  });

  it('a wrong client secret', async () => {
    expect(await why(kafka.withToken({ KAFKA_OAUTH_CLIENT_SECRET: 'no' }))).toMatch(
      /KAFKA_OAUTH_CLIENT_ID or KAFKA_OAUTH_CLIENT_SECRET: http\S+ refuses them \(invalid_client\)$/,
    );
  });

  it('a scope that is unknown', async () => {
    expect(await why(kafka.withToken({ KAFKA_OAUTH_SCOPE: 'unknown' }))).toMatch(
      /KAFKA_OAUTH_SCOPE: http\S+ refuses it \(invalid_scope\)$/,
    );
  });

  it('a token endpoint that is away', async () => {
    const env = kafka.withToken({ KAFKA_OAUTH_TOKEN_URL: 'http://127.0.0.1:1/token' });
    await expect(untilAnswered(connectionBy(env), 500)).rejects.toMatchObject({
      errors: [
        {
          message: expect.stringContaining(
            'KAFKA_OAUTH_TOKEN_URL: no token from http://127.0.0.1:1/token',
          ) as unknown,
        },
      ],
    });
  });
});

describe('a token', () => {
  afterEach(() => void (kafka.issuer.lifeS = 300));

  it('is fetched once for all connections', async () => {
    const own = connectionBy(kafka.withToken());
    const before = kafka.issuer.issued;
    await untilAnswered(own, 5_000);
    await untilAnswered(own, 5_000);
    expect(kafka.issuer.issued - before).toBe(1);
  });

  it('is fetched again half a minute before it ends', async () => {
    kafka.issuer.lifeS = 31;
    const own = connectionBy(kafka.withToken());
    const before = kafka.issuer.issued;
    const answered = async (): Promise<boolean> => {
      await untilAnswered(own, 5_000);
      return kafka.issuer.issued - before === 2;
    };
    await until('a second token', answered);
  });

  it('that ends takes no connection with it: they log in anew, and nothing is lost', async () => {
    // kafkajs logs in 10 s before the end, so 3 s after the first time.
    kafka.issuer.lifeS = 13;
    const KAFKA_PREFIX = await allowed('User:slipway-client');
    const client = clientOf(kafka.withToken({ KAFKA_PREFIX }));
    await ensureTopics(client, ['long'], SHAPE);
    const producer = new Producer(client);
    const seen = new Set<unknown>();
    const onMessage = ({ data }: { data: unknown }): void => void seen.add((data as { n: number }).n);
    const reading = await tail(client, { topics: ['long'], from: 'end', onMessage });
    let n = 0;
    const publish = async (): Promise<void> => {
      n += 1;
      await producer.publish([{ topic: 'long', key: 'k', type: 't', id: `${n}`, data: { n } }]);
    };
    await publish();
    const before = kafka.issuer.issued;
    const renewed = async (): Promise<boolean> => {
      await publish();
      // Of the producer, of the reader's connections and of the administrators'.
      return kafka.issuer.issued - before >= 3;
    };
    await until('the connections to log in anew', renewed, { timeoutMs: 15_000 });
    await until('all messages', () => seen.size === n);
    await Promise.all([reading.stop(), producer.stop()]);
  });
});

describe('what the ACLs do not allow is said as the ACL that is missing', () => {
  const topic = uniqueName('closed');
  beforeAll(() => ensureTopics(kafka.administrator(), [topic], SHAPE));
  const bob = () => clientOf(kafka.withPassword('SCRAM-SHA-256', 'bob'));

  it('to create', async () => {
    const name = uniqueName('new');
    await expect(ensureTopics(bob(), [name], SHAPE)).rejects.toThrow(
      `Cannot create topics:\n  needs ACL: Create on topic ${name} for User:bob (Describe, where it exists)\ndocs/reference/kafka-acls.md`,
    );
  });

  it('to write', async () => {
    const producer = new Producer(bob());
    const message = { topic, key: 'k', type: 't', id: 'i', data: {} };
    await expect(producer.publish([message])).rejects.toThrow(
      `The topic ${topic} may not be written: needs ACL: Write on topic ${topic} for User:bob`,
    );
    await producer.stop();
  });

  it('to read a topic', async () => {
    const reading = tail(bob(), { topics: [topic], from: 'end', onMessage: () => undefined });
    await expect(reading).rejects.toThrow(`needs ACL: Read on topic ${topic} for User:bob`);
  });

  it('to the command, which printed it and did not end', async () => {
    const env = { ...process.env, ...kafka.withPassword('PLAIN', 'bob') };
    const { code, err } = await new RunningCommand(['stop', 'shop', 'web'], env).ended;
    expect(err).toMatch(/KAFKA_ACL_MISSING {2}needs ACL: Read on topic deployment\.events.* for User:bob/);
    expect(code).toBe(1);
  });

  it('to the command, which said that Kafka does not answer where it may not write', async () => {
    const KAFKA_PREFIX = `${uniqueName('write')}.`;
    const own = clientOf({ KAFKA_BROKERS: kafka.broker.plain, KAFKA_PREFIX });
    await ensureTopics(own, allTopics, SHAPE);
    for (const resource of ['topic', 'group'] as const)
      await kafka.allow('User:bob', { operation: 'Read', resource, name: KAFKA_PREFIX, isPrefix: true });
    const env = { ...process.env, ...kafka.withPassword('PLAIN', 'bob', { KAFKA_PREFIX }) };
    const { code, err } = await new RunningCommand(['stop', 'shop', 'web'], env).ended;
    expect(err).toMatch(
      /KAFKA_ACL_MISSING {2}The topic \S+ may not be written: needs ACL: Write on topic \S+ for User:bob/,
    );
    expect(code).toBe(1);
  });

  it('to join a group', async () => {
    await kafka.allow('User:bob', { operation: 'Read', resource: 'topic', name: topic });
    const reading = tail(bob(), { topics: [topic], from: 'end', onMessage: () => undefined });
    await expect(reading).rejects.toThrow(/needs ACL: Read on group slipway\.tail\.\S+ for User:bob/);
  });
});

describe('with KAFKA_TOPICS=verify', () => {
  const [few, compacted, missing, hidden] = ['few', 'compacted', 'missing', 'hidden'].map((word) =>
    uniqueName(word),
  ) as [string, string, string, string];
  const expected = {
    ...{ app: 'deployer', brokers: ['b:1'], isSecured: false },
    ...{ partitions: 3, replicationFactor: 1, isDeadLetters: () => false },
    operationsOn: () => ['Read', 'Write'] as const,
  };
  const bob = () => clientOf(kafka.withPassword('PLAIN', 'bob'));

  beforeAll(async () => {
    await ensureTopics(kafka.administrator(), [few], SHAPE);
    await ensureTopics(kafka.administrator(), [hidden], { ...SHAPE, partitions: 3 });
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
    const topics = [{ topic: compacted, numPartitions: 3, configEntries }];
    await administered(kafka.administrator(), (admin) => admin.createTopics({ topics }));
  });

  it('says what is wrong with each topic, with the command line that mends it, and changes nothing', async () => {
    const verified = verifyTopics(kafka.administrator(), [few, compacted, missing, hidden], expected);
    await expect(verified).rejects.toThrow(
      [
        'KAFKA_TOPICS=verify, deployer:',
        `  ${few} has partitions=2, expected 3 (KAFKA_PARTITIONS) or more; run kafka-topics.sh --bootstrap-server b:1 --alter --topic ${few} --partitions 3`,
        `  ${compacted} has cleanup.policy=compact, expected delete; run kafka-configs.sh --bootstrap-server b:1 --alter --topic ${compacted} --add-config cleanup.policy=delete`,
        `  ${missing} is missing; run kafka-topics.sh --bootstrap-server b:1 --create --topic ${missing} --partitions 3 --replication-factor 1 --config cleanup.policy=delete`,
      ].join('\n'),
    );
    const names = await administered(kafka.administrator(), (admin) => admin.listTopics());
    expect(names).not.toContain(missing);
  });

  it('expects of a topic that is made with settings of its own what those say', async () => {
    const settings: TopicSettings = {
      [hidden]: { 'cleanup.policy': 'compact' },
      [compacted]: { 'cleanup.policy': 'compact' },
      [missing]: { 'cleanup.policy': 'compact', 'segment.ms': '3600000' },
    };
    const topics = [hidden, compacted, missing];
    const verified = verifyTopics(kafka.administrator(), topics, { ...expected, settings });
    await expect(verified).rejects.toThrow(
      [
        `  ${hidden} has cleanup.policy=delete, expected compact; run kafka-configs.sh --bootstrap-server b:1 --alter --topic ${hidden} --add-config cleanup.policy=compact`,
        `  ${missing} is missing; run kafka-topics.sh --bootstrap-server b:1 --create --topic ${missing} --partitions 3 --replication-factor 1 --config cleanup.policy=compact --config segment.ms=3600000`,
      ].join('\n'),
    );
  });

  it('printed a command line that a secured broker does not take', async () => {
    const verified = verifyTopics(kafka.administrator(), [missing], { ...expected, isSecured: true });
    await expect(verified).rejects.toThrow(
      `run kafka-topics.sh --bootstrap-server b:1 --command-config admin.properties --create --topic ${missing} `,
    );
  });

  it('named a lesser ACL than an app needs: it names all of the topic, and where they stand', async () => {
    await expect(verifyTopics(bob(), [hidden], expected)).rejects.toThrow(
      `needs ACL: Read and Write and DescribeConfigs on topic ${hidden} for User:bob\ndocs/reference/kafka-acls.md`,
    );
    await kafka.allow('User:bob', { operation: 'Read', resource: 'topic', name: hidden });
    await expect(verifyTopics(bob(), [hidden], expected)).rejects.toThrow(
      `needs ACL: DescribeConfigs on topic ${hidden} for User:bob`,
    );
    await kafka.allow('User:bob', { operation: 'DescribeConfigs', resource: 'topic', name: hidden });
    await expect(verifyTopics(bob(), [hidden], expected)).resolves.toBeUndefined();
  });
});
