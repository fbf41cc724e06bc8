import { z } from 'zod';
import { feedCloseCodes, type FeedMessageDefinition, feedMessages } from '#libs/contracts';
import { fieldsOf, type JsonSchema, typeText } from './json-schema.js';
import { code, codeBlock, page, table } from './markdown.js';

function meaningOf(name: string, { description }: JsonSchema): string {
  if (description === undefined) throw new Error(`${name} has no description: add .describe() to its schema`);
  return description;
}

function messageSection({ type, summary, schema, example }: FeedMessageDefinition): readonly string[] {
  const fields = fieldsOf(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema)
    .filter(({ path }) => path !== 'type')
    .map((field) => [
      ...[code(field.path), typeText(field.schema), field.isRequired ? 'yes' : ''],
      meaningOf(`${type}: ${field.path}`, field.schema),
    ]);
  return [
    `### ${type}`,
    summary,
    ...(fields.length === 0 ? [] : [table(['field', 'type', 'required', 'what it is'], fields)]),
    codeBlock('json', JSON.stringify(example, null, 2)),
  ];
}

const sent = (from: FeedMessageDefinition['from']): readonly string[] =>
  feedMessages.filter((message) => message.from === from).flatMap(messageSection);

const RULES = `- Each message is a text frame with one JSON object. Its \`type\` names it.
- The gateway says \`hello\` (a dashboard \`subscribe\`) within 5 s, and nothing else before the \`welcome\`.
- A side passes over members, types of messages and kinds of entries that it does not know. So they can be added within one version of the protocol.
- A message that cannot be read, or comes out of order, ends the connection. So does a frame that is not text.
- The load balancer pings every 4 s. Each side cuts a connection on which it heard nothing for 12 s.
- A message of a gateway has 1 MiB at most.`;

const FLOW = `1. The gateway connects, with a token of the role \`read\`, and says \`hello\`.
2. The load balancer takes a lease for it, and waits until it knows all that the registry holds then. It answers \`welcome\`.
3. If it still knows what changed after \`resume\`, it sends \`changes\` from there on. Otherwise it sends a snapshot in pieces.
4. It sends \`changes\` as they come. What changes while the gateway is busy becomes one message, with the newest state of each thing.
5. The gateway says \`applied\` when HAProxy carries a revision, and whenever the list of busy instances changes.
6. Once a second the gateway says \`figures\`, and the load balancer \`scores\` where it has any.

A dashboard says \`subscribe\` in place of \`hello\`. It hears the same, and says nothing more but \`bye\`.

A revision is that of the [registry](registry-views.md), and means the same at each replica. So a gateway resumes at any replica.
A load balancer remembers the last 10,000 changes at least, in one log for all gateways. A gateway that has missed more takes a snapshot, on the same connection.`;

/** docs/reference/traffic-feed.md, from the messages of the feed. */
export const feedPage = (): string =>
  page('Traffic feed', [
    'Gateways hear from the load balancer what runs where, over a WebSocket at `GET /v1/traffic/feed`. This page is for those who write a client. To use it, see [Run a gateway at the edge](../how-to/run-a-gateway-at-the-edge.md).',
    RULES,
    '## How it goes',
    FLOW,
    '## What the gateway sends',
    ...sent('gateway'),
    '## What the load balancer sends',
    ...sent('load balancer'),
    '## Why a connection ends',
    table(
      ['close code', 'what it means'],
      Object.entries(feedCloseCodes).map(([number, meaning]) => [number, meaning]),
    ),
  ]);
