import {
  asyncApiDocument,
  catalogue,
  deadLetterTopic,
  type MessageDefinition,
  topics,
  topicSettings,
} from '#libs/contracts';
import { fieldsOf, type JsonSchema, typeText } from './json-schema.js';
import { code, codeBlock, page, table } from './markdown.js';

const document = asyncApiDocument();

/** Who reads or writes a topic. */
function appsThat(action: 'receive' | 'send', topic: string): string {
  const suffix = `.${action}.${topic}`;
  const apps = Object.keys(document.operations).filter((name) => name.endsWith(suffix));
  return apps.map((name) => name.slice(0, -suffix.length)).join(', ');
}

const overview = (): string =>
  table(
    ['topic', 'what it carries', 'written by', 'read by'],
    Object.values(topics).map((topic) => [
      `[${topic}](#${topic.replaceAll('.', '')})`,
      document.channels[topic]?.description ?? '',
      appsThat('send', topic),
      appsThat('receive', topic),
    ]),
  );

function meaningOf(name: string, { description }: JsonSchema): string {
  if (description === undefined) throw new Error(`${name} has no description: add .describe() to its schema`);
  return description;
}

function messageSection({ type, summary, example }: MessageDefinition): readonly string[] {
  const described = document.components.messages[type];
  if (described === undefined || !('payload' in described)) throw new Error(`${type} is not described`);
  const fields = fieldsOf(described.payload as JsonSchema).map(({ path, schema, isRequired }) => [
    code(path),
    typeText(schema),
    isRequired ? 'yes' : '',
    meaningOf(`${type}: ${path}`, schema),
  ]);
  return [
    `### ${type}`,
    `${summary} The key is ${described.bindings.kafka.key.description}`,
    table(['field', 'type', 'required', 'what it is'], fields),
    codeBlock('json', JSON.stringify(example, null, 2)),
  ];
}

function settingsOf(topic: string): readonly string[] {
  const settings = Object.entries(topicSettings[topic] ?? {});
  if (settings.length === 0) return [];
  return [`It is made with ${settings.map(([name, value]) => code(`${name}=${value}`)).join(', ')}.`];
}

const topicSection = (topic: string): readonly string[] => [
  `## ${topic}`,
  `What cannot be handled goes to ${code(deadLetterTopic(topic))}.`,
  ...settingsOf(topic),
  ...catalogue.filter((message) => message.topic === topic).flatMap(messageSection),
];

const RULES = `- Bodies are JSON. Messages are CloudEvents 1.0 in binary mode: the attributes are headers that begin with \`ce_\`.
- The headers are optional. A body alone is read as the message of its topic.
- Messages come at least once. Messages of one key keep their order.
- An added optional field keeps the version of a message. Any other change makes a new version, which is part of the type.
- A message that cannot be parsed goes to the dead-letter topic, with the reason in the header \`slipway-dead-letter-reason\`.`;

/** docs/reference/messages.md, from the catalogue of messages. */
export const messagesPage = (): string =>
  page('Messages', [
    'The apps speak through these messages on Kafka. [asyncapi.json](../asyncapi.json) holds the same with the whole schemas.',
    RULES,
    overview(),
    ...Object.values(topics).flatMap(topicSection),
  ]);
