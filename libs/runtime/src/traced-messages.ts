import { catalogue, topics } from '#libs/contracts';
import {
  type AroundHandling,
  type InvalidMessage,
  type LogSink,
  NotPublishedError,
  type Producer,
  traceparentOf,
} from '#libs/kafka';
import type { OutboxRow } from '#libs/postgres';
import type { OpenSpan, SpanAttributes, Tracing } from '#libs/telemetry';
import { letterTooLarge } from './letter-too-large.js';

/** Names and values as OpenTelemetry's semantic conventions for messaging and for Kafka have them. */
const messaging = (operation: 'process' | 'send', topic: string): SpanAttributes => ({
  'messaging.system': 'kafka',
  'messaging.destination.name': topic,
  'messaging.operation.name': operation,
  'messaging.operation.type': operation,
});

/** The members of our messages by which people look for them. */
function subject(data: unknown): SpanAttributes {
  const members = (typeof data === 'object' ? data : undefined) ?? {};
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(members, name);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    'slipway.token': text('token'),
    'slipway.app': text('appId'),
    'slipway.service': text('service'),
    'slipway.node': text('node'),
    'slipway.instance': text('instance'),
  };
}

/** Every message is handled in a CONSUMER span: of the message's trace, or of a new one. */
export function handleTraced(tracing: Tracing, groupPrefix: string): AroundHandling {
  return (message, { topic, partition, offset, key, id, traceparent }, work) =>
    tracing.withSpan(
      {
        name: `process ${topic}`,
        kind: 'consumer',
        parent: traceparent,
        attributes: {
          ...messaging('process', topic),
          'messaging.consumer.group.name': `${groupPrefix}.${topic}`,
          'messaging.destination.partition.id': String(partition),
          'messaging.kafka.offset': Number(offset),
          'messaging.kafka.message.key': key || undefined,
          'messaging.message.id': id,
          ...subject(message.data),
        },
      },
      work,
    );
}

/** What does not parse is refused in its trace too, so that a reply to it belongs there. */
export function refuseTraced(
  tracing: Tracing,
  refuse: (invalid: InvalidMessage) => Promise<void>,
): (invalid: InvalidMessage) => Promise<void> {
  return (invalid) => {
    const { topic, traceparent: parent, reason, code } = invalid;
    const attributes = messaging('process', topic);
    return tracing.withSpan({ name: `process ${topic}`, kind: 'consumer', parent, attributes }, (span) => {
      span.fail(code, reason);
      return refuse(invalid);
    });
  };
}

const patient: ReadonlySet<string> = new Set(
  catalogue.filter(({ mayWait }) => mayWait).map(({ type }) => type),
);

interface OutboxPublisher {
  readonly tracing: Tracing;
  readonly producer: Pick<Producer, 'publish' | 'forward'>;
  readonly logger: LogSink;
}

/**
 * Publishes the outbox, each message in a PRODUCER span of the trace in which it was written: first what somebody waits
 * for, so that it does not share the broker and its readers with what tells of it. @returns topics that are not
 * available; what was written for them is not published
 */
export async function publishTraced(
  parts: OutboxPublisher,
  rows: readonly OutboxRow[],
): Promise<ReadonlySet<string>> {
  const { awaited = [], others = [] } = Object.groupBy(rows, ({ type }) =>
    patient.has(type) ? 'others' : 'awaited',
  );
  const unavailable = new Set<string>();
  for (const some of [awaited, others])
    if (some.length > 0) for (const topic of await publishAll(parts, some)) unavailable.add(topic);
  return unavailable;
}

/**
 * What is too large for the broker goes to the dead letters, so that it holds up nothing behind it.
 * @returns topics that are not available
 */
async function publishAll(parts: OutboxPublisher, rows: readonly OutboxRow[]): Promise<readonly string[]> {
  const { tracing, producer } = parts;
  const sends = rows.map((row) => ({ row, span: sendSpan(tracing, row) }));
  const fail = (error: unknown, isFailed: (row: OutboxRow) => boolean): void => {
    const message = error instanceof Error ? error.message : String(error);
    for (const { row, span } of sends) if (isFailed(row)) span?.fail('PUBLISH_FAILED', message);
  };
  try {
    await producer.publish(
      sends.map(({ row, span }) => (span === undefined ? row : { ...row, traceparent: span.traceparent })),
    );
    return [];
  } catch (error) {
    if (!(error instanceof NotPublishedError)) {
      fail(error, () => true);
      throw error;
    }
    const refused = new Set(error.tooLarge.map(({ message }) => message.id));
    const unavailable = error.unavailable.map(({ topic }) => topic);
    fail(error, ({ id, topic }) => refused.has(id) || unavailable.includes(topic));
    await letterTooLarge(parts, error.tooLarge);
    return unavailable;
  } finally {
    sends.forEach(({ span }) => span?.end());
  }
}

/** A step's events carry its trace without a span each: they would outnumber the steps that they tell of. */
function sendSpan(tracing: Tracing, { topic, id, key, data, headers }: OutboxRow): OpenSpan | undefined {
  const parent = traceparentOf(headers);
  if (parent === undefined || topic === topics.deploymentEvents) return undefined;
  return tracing.startSpan({
    name: `send ${topic}`,
    kind: 'producer',
    parent,
    attributes: {
      ...messaging('send', topic),
      'messaging.message.id': id,
      'messaging.kafka.message.key': key,
      ...subject(data),
    },
  });
}
