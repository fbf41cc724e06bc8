import { createRequire } from 'node:module';
import type { Kafka } from 'kafkajs';
import { beforeEach, describe, expect, it } from 'vitest';
import { createKafka, type LogSink } from './kafka-client.js';

const { errorCodes } = createRequire(import.meta.url)('kafkajs/src/protocol/error.js') as {
  readonly errorCodes: readonly { readonly type: string; readonly message: string }[];
};

const kafkajsMessage = (type: string) => errorCodes.find((error) => error.type === type)?.message;

let lines: { level: keyof LogSink; fields: object; message: string }[];
let log: ReturnType<Kafka['logger']>;

const keep = (level: keyof LogSink) => (fields: object, message: string) =>
  void lines.push({ level, fields, message });

beforeEach(() => {
  lines = [];
  const logger = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  log = createKafka({ brokers: ['nowhere:9092'], clientId: 'test', logger }).logger();
});

const levels = () => lines.map(({ level }) => level);

describe("kafkajs' log", () => {
  it.each(['GROUP_COORDINATOR_NOT_AVAILABLE', 'LEADER_NOT_AVAILABLE', 'REBALANCE_IN_PROGRESS'])(
    'keeps %s, which is normal at a start and retried, at debug',
    (type) => {
      const error = kafkajsMessage(type);
      expect(error).toBeTypeOf('string');
      log.error('Response Metadata(key: 3, version: 6)', { error });
      log.warn('The group is rebalancing, re-joining', { error });
      expect(levels()).toEqual(['debug', 'debug']);
      expect(lines[0]).toMatchObject({ message: 'Response Metadata(key: 3, version: 6)', fields: { error } });
    },
  );

  it('keeps topics that exist already at debug', () => {
    log.error('Response CreateTopics(key: 19, version: 3)', { error: 'Topic creation errors' });
    expect(levels()).toEqual(['debug']);
  });

  it('warns of any other error, and of a crash for one of these reasons', () => {
    log.error('Response Produce(key: 0, version: 7)', {
      error: kafkajsMessage('TOPIC_AUTHORIZATION_FAILED'),
    });
    log.error('Crash: KafkaJSNumberOfRetriesExceeded: The group coordinator is not available', {
      groupId: 'g',
    });
    log.error('Connection error: connect ECONNREFUSED', { stack: '' });
    log.warn('Response without match', { correlationId: 1 });
    expect(levels()).toEqual(['warn', 'warn', 'warn', 'warn']);
  });
});
