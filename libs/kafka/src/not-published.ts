import type { OutgoingMessage } from './cloud-event.js';
import { aclText } from './missing-acl.js';

/** A message that the broker refuses as too large, also alone. */
export interface RefusedMessage {
  readonly message: OutgoingMessage;
  /** Key, body and headers together. */
  readonly bytes: number;
}

const TOO_LARGE_HINT =
  'Raise max.message.bytes of the topic, or message.max.bytes of the brokers, or send less at once.';

/** What the broker says of a topic that takes nothing from this client, however soon it is asked again. */
const UNAVAILABLE: Readonly<Record<string, (topic: Topic) => string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: ({ name }) => `The topic ${name} does not exist, or this client may not see it`,
  INVALID_TOPIC_EXCEPTION: ({ name }) => `The topic ${name} has a name that Kafka does not take`,
  TOPIC_AUTHORIZATION_FAILED: ({ name, principal }) =>
    `The topic ${name} may not be written: ${aclText({ operation: 'Write', resource: 'topic', name }, principal)}`,
};

interface Topic {
  /** As the platform calls it. */
  readonly topic: string;
  /** As the brokers have it. */
  readonly name: string;
  readonly principal: string;
}

/** Of a topic's or a broker's limit, and of the limit that a broker's segments set. */
const TOO_LARGE: ReadonlySet<unknown> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** Some of its messages may be published. */
export class TopicUnavailableError extends Error {
  readonly hint = 'Create the topic, or allow this client to describe and write it.';

  readonly topic: string;
  /** It may not be written. */
  readonly lacksAcl: boolean;

  constructor(topic: Topic, type: string, options?: ErrorOptions) {
    super(UNAVAILABLE[type]?.(topic) ?? `The topic ${topic.name} is not available`, options);
    this.topic = topic.topic;
    this.lacksAcl = type === 'TOPIC_AUTHORIZATION_FAILED';
    this.name = 'TopicUnavailableError';
  }
}

/** All other messages of the call were published. */
export class NotPublishedError extends Error {
  readonly hint: string;

  constructor(
    readonly tooLarge: readonly RefusedMessage[],
    readonly unavailable: readonly TopicUnavailableError[],
  ) {
    const each = tooLarge.map(({ message, bytes }) => `${bytes} bytes for ${message.topic}`);
    const refused = each.length === 0 ? [] : [`The broker refuses as too large: ${each.join(', ')}`];
    super([...refused, ...unavailable.map(({ message }) => message)].join('; '));
    this.name = 'NotPublishedError';
    const hints = [...(each.length === 0 ? [] : [TOO_LARGE_HINT]), ...unavailable.map(({ hint }) => hint)];
    this.hint = [...new Set(hints)].join(' ');
  }
}

export const isTooLarge = (error: unknown): boolean => TOO_LARGE.has(brokerErrorOf(error));

/** The broker's name for what is wrong; kafkajs wraps its answer once its tries have ended. */
export function brokerErrorOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('type' in error && typeof error.type === 'string') return error.type;
  return brokerErrorOf(error.cause);
}

export const isUnavailable = (type: string | undefined): type is string =>
  type !== undefined && type in UNAVAILABLE;
