import { z } from 'zod';
import { catalogue } from './catalogue.js';
import type { MessageDefinition } from './message.js';
import { participants } from './participants.js';
import { deadLetterTopic, topics, topicSettings, type Topic } from './topics.js';

const DEAD_LETTER = 'dead-letter';

const topicDescriptions: Record<Topic, string> = {
  'deployment.requests': 'Requests: build, run, stop or roll back services, or cancel a request.',
  'deployment.responses': 'How each request ended; a request may name another topic in `replyTo`.',
  'deployment.events': 'Every step of every request, with the time each phase took.',
  'node.requests': 'An instance needs a node, or does not need its reservation any more.',
  'node.responses': 'The node that is reserved for an instance, or why no node fits.',
  'move.requests': 'An instance is to run on another node, which has more room.',
  'instance.reports': 'The state of each instance, and where it runs.',
  'node.reports': 'Which nodes stopped answering, and which answer again.',
  'node.observed': 'What each node and its instances use, every second.',
  'node.state': 'How each node is: whether it answers, its sizes, how busy it was.',
  'limit.requests': 'Containers on a node are to have other limits of CPU, memory, disk or network.',
  'limit.answers': 'What limits the kernel of the node holds after each request.',
  'scale.requests': 'More or fewer instances of a service, or one named instance fewer.',
  'scale.responses': 'How each scale request ended.',
  'secret.requests': 'A secret is to be stored, sealed to the deployer, or removed.',
  'secret.responses': 'How each secret request ended: the version that is stored now, never a value.',
  'service.specs': 'What is wanted of each service; the newest revision is the whole of it.',
  'spec.requests': 'Limits that new instances of a service should start with, as a rescaler learned them.',
};

/** The platform's messages as an AsyncAPI document, made from the catalogue alone. */
export function asyncApiDocument() {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Slipway',
      version: '1.0.0',
      description:
        'Messages on Kafka: JSON bodies, CloudEvents 1.0 in binary mode. They come at least once; ' +
        'messages of one key keep their order. The version of a message is part of its type.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: { kafka: kafkaServer },
    channels: Object.fromEntries(Object.values(topics).flatMap(channelsOf)),
    operations: Object.fromEntries(Object.keys(participants).flatMap(operationsOf)),
    components: {
      messages: Object.fromEntries([
        ...catalogue.map((message) => [message.type, describeMessage(message)] as const),
        [DEAD_LETTER, deadLetterMessage] as const,
      ]),
    },
  };
}

const kafkaServer = {
  host: '{brokers}',
  protocol: 'kafka',
  variables: {
    brokers: {
      description: 'The value of KAFKA_BROKERS: host:port, several with commas.',
      examples: ['kafka.example:9092'],
    },
  },
};

/** The topic and its dead-letter topic; the address of a channel is also its id. */
function channelsOf(topic: Topic) {
  const types = catalogue.filter((message) => message.topic === topic).map((message) => message.type);
  const deadLetters = deadLetterTopic(topic);
  return [
    [
      topic,
      {
        address: topic,
        description: topicDescriptions[topic],
        messages: messageRefs(types),
        ...topicBindings(topic),
      },
    ],
    [
      deadLetters,
      {
        address: deadLetters,
        description: `What came on ${topic} and will never be handled.`,
        messages: messageRefs([DEAD_LETTER]),
      },
    ],
  ] as const;
}

/** Of a topic that is made with settings of its own. */
function topicBindings(topic: Topic) {
  const { 'cleanup.policy': policy, 'retention.ms': retention } = topicSettings[topic] ?? {};
  if (policy === undefined && retention === undefined) return {};
  const topicConfiguration = {
    'cleanup.policy': [policy ?? 'delete'],
    ...(retention !== undefined && { 'retention.ms': Number(retention) }),
  };
  return { bindings: { kafka: { topicConfiguration, bindingVersion: '0.5.0' } } };
}

function messageRefs(names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function operationsOf(participant: string) {
  const { receives = [], sends = [] } = participants[participant] ?? {};
  const operation = (action: 'receive' | 'send') => (topic: Topic) =>
    [`${participant}.${action}.${topic}`, { action, channel: { $ref: `#/channels/${topic}` } }] as const;
  return [...receives.map(operation('receive')), ...sends.map(operation('send'))];
}

function describeMessage(message: MessageDefinition) {
  return {
    name: message.type,
    summary: message.summary,
    contentType: 'application/json',
    headers: cloudEventHeaders(message),
    payload: payloadSchema(message),
    bindings: { kafka: { key: keySchema(message), bindingVersion: '0.5.0' } },
    examples: [{ name: 'published', summary: 'A whole, valid body.', payload: message.example }],
  };
}

/** Draft 7, which AsyncAPI takes without naming a schema format; its dialect is AsyncAPI's own, so unnamed. */
function payloadSchema(message: MessageDefinition) {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(message.schema, { io: 'input', target: 'draft-7' });
  return schema;
}

/** The key is a member of the body; which one, the example shows. */
function keySchema(message: MessageDefinition) {
  const body = message.schema.parse(message.example) as object;
  const key = message.key(body);
  const member = Object.entries(body).find(([, value]) => value === key)?.[0];
  if (member === undefined) throw new Error(`the key of ${message.type} is no member of its example`);
  return { type: 'string', description: `\`${member}\` of the body.`, examples: [key] };
}

/** None is required: a body alone is read as the topic's message. */
const SIGNED: readonly string[] = [topics.deploymentRequests, topics.scaleRequests, topics.secretRequests];
const signature = {
  'slipway-signature': {
    type: 'string',
    description: 'Detached JWS (RFC 7515, appendix F) over the body, with `kid` and `ce_type` in its header.',
  },
};

function cloudEventHeaders({ type, topic }: MessageDefinition) {
  return {
    type: 'object',
    description: 'All are written, ce_traceparent when there is a trace; none is needed to be understood.',
    properties: {
      ce_specversion: { type: 'string', const: '1.0' },
      ce_id: { type: 'string', description: 'Default: `<topic>/<partition>/<offset>`.' },
      ce_type: { type: 'string', const: type },
      ce_source: { type: 'string', description: 'The process that wrote it.' },
      ce_time: { type: 'string', format: 'date-time' },
      ce_traceparent: { type: 'string', description: 'W3C trace context.' },
      'content-type': { type: 'string', const: 'application/json' },
      ...(SIGNED.includes(topic) && signature),
    },
  };
}

const deadLetterMessage = {
  name: DEAD_LETTER,
  summary:
    'A message as it came, key, body and headers, with the reason why it is not handled; or a record batch that no ' +
    'codec can read, its bytes as they were fetched (base offset first, as Kafka stores it), without a key.',
  headers: {
    type: 'object',
    properties: {
      'slipway-dead-letter-reason': { type: 'string' },
      'slipway-dead-letter-topic': { type: 'string', description: 'The topic it came on.' },
      'slipway-dead-letter-partition': { type: 'string', description: 'Its partition there.' },
      'slipway-dead-letter-offset': {
        type: 'string',
        description: 'Its offset there; of a batch, the offset of its first record.',
      },
      'slipway-dead-letter-last-offset': {
        type: 'string',
        description: 'Of a batch only: the offset of its last record. Reading goes on behind it.',
      },
      'slipway-dead-letter-part': {
        type: 'string',
        description: 'Of a batch that is too large for one message: `1/2` or `2/2`.',
      },
      'slipway-dead-letter-bytes-left-out': {
        type: 'string',
        description: 'How many bytes the body had that is too large for this topic.',
      },
      'content-type': {
        type: 'string',
        description: 'Of a batch: `application/vnd.apache.kafka.record-batch`; otherwise as it came.',
      },
    },
    required: [
      'slipway-dead-letter-reason',
      'slipway-dead-letter-topic',
      'slipway-dead-letter-partition',
      'slipway-dead-letter-offset',
    ],
  },
};
