import { z } from 'zod';
import { printable } from '../names.js';
import { feedEntrySchema, LONGEST_FEED_NAME } from './entries.js';
import { defineFeedMessage, type FeedMessageData, type FeedMessageDefinition } from './feed-message.js';
import { feedFigures, feedWake } from './figures.js';
import { feedOverrides, feedScores } from './scores.js';

/** Rises with every change that a side cannot pass over. What is only added keeps it. */
export const FEED_PROTOCOL = 1;
/** Of entries in one message. */
export const MOST_FEED_ENTRIES = 1_000;
/** Of pieces of one snapshot. */
const MOST_PIECES = 10_000;
/** Draining instances with requests in flight through one gateway. */
export const MOST_FEED_BUSY = 10_000;

const revision = (what: string) => z.int().min(0).describe(what);
const entries = (what: string) => z.array(feedEntrySchema).max(MOST_FEED_ENTRIES).describe(what);
const service = { appId: 'shop', service: 'web' } as const;

export const feedHello = defineFeedMessage({
  type: 'hello',
  from: 'gateway',
  summary: 'The first message. From now on drains wait for this gateway.',
  schema: z.object({
    type: z.literal('hello'),
    protocol: z.int().min(1).describe('The version of the protocol: 1.'),
    gateway: printable(300).describe('The name of the gateway, as `GATEWAY_REPLICA` gives it.'),
    process: z
      .string()
      .regex(/^[A-Za-z0-9-]{8,64}$/, 'expected 8 to 64 letters, digits and hyphens')
      .describe('Another one at each start of the gateway; the same at each connection of one start.'),
    resume: revision('What the gateway knows already. Absent where it knows nothing.').optional(),
  }),
  example: { type: 'hello', protocol: 1, gateway: 'edge-1', process: 'b5c1f7a2', resume: 4_711 },
});

export const feedSubscribe = defineFeedMessage({
  type: 'subscribe',
  from: 'gateway',
  summary:
    'Instead of `hello`, by a reader that carries nothing, such as a dashboard: it takes no lease, and no drain waits for it.',
  schema: z.object({
    type: z.literal('subscribe'),
    protocol: z.int().min(1).describe('The version of the protocol: 1.'),
    resume: revision('As in `hello`.').optional(),
  }),
  example: { type: 'subscribe', protocol: 1 },
});

export const feedApplied = defineFeedMessage({
  type: 'applied',
  from: 'gateway',
  summary: 'No request is sent any more by what an earlier revision said. Renews the lease.',
  schema: z.object({
    type: z.literal('applied'),
    revision: revision('What requests are carried by.'),
    busy: z
      .array(z.string().min(1).max(LONGEST_FEED_NAME))
      .max(MOST_FEED_BUSY)
      .describe('Draining instances that have requests in flight through this gateway.'),
  }),
  example: { type: 'applied', revision: 4_715, busy: ['shop-web-t1-0'] },
});

export const feedRenew = defineFeedMessage({
  type: 'renew',
  from: 'gateway',
  summary: 'Renews the lease. Sent once a second while all that was received is carried.',
  schema: z.object({ type: z.literal('renew') }),
  example: { type: 'renew' },
});

export const feedBye = defineFeedMessage({
  type: 'bye',
  from: 'gateway',
  summary: 'The gateway carries nothing any more: drains wait no longer for it.',
  schema: z.object({ type: z.literal('bye') }),
  example: { type: 'bye' },
});

export const feedWelcome = defineFeedMessage({
  type: 'welcome',
  from: 'load balancer',
  summary: 'The answer to `hello`: the gateway has its lease.',
  schema: z.object({
    type: z.literal('welcome'),
    protocol: z.int().min(1).describe('The version of the protocol: 1.'),
    replica: printable(300).describe('The replica of the load balancer.'),
    leaseMs: z.int().min(1).describe('The lease lapses if it is not renewed for so long.'),
  }),
  example: { type: 'welcome', protocol: 1, replica: 'load-balancer-0', leaseMs: 5_000 },
});

export const feedSnapshot = defineFeedMessage({
  type: 'snapshot',
  from: 'load balancer',
  summary:
    'One piece of all that there is at a revision. With the last piece it replaces all that the gateway knows.',
  schema: z.object({
    type: z.literal('snapshot'),
    revision: revision('The same in all pieces.'),
    piece: z.int().min(1).max(MOST_PIECES).describe('Which piece this is; they come in order, from 1 on.'),
    pieces: z.int().min(1).max(MOST_PIECES).describe('How many there are.'),
    entries: entries('Services and instances, none of them removed.'),
  }),
  example: {
    ...{ type: 'snapshot', revision: 4_711, piece: 1, pieces: 1 },
    entries: [
      { kind: 'service', name: 'shop/web', service },
      {
        ...{ kind: 'instance', name: 'shop-web-t1-0' },
        instance: { ...service, state: 'running', address: '10.80.0.11', port: 20_000 },
      },
    ],
  },
});

export const feedChanges = defineFeedMessage({
  type: 'changes',
  from: 'load balancer',
  summary: 'What changed between two revisions, each thing as it is now. It may be nothing.',
  schema: z.object({
    type: z.literal('changes'),
    from: revision('The revision of the message before. Otherwise something was missed.'),
    revision: revision('What the gateway knows with it.'),
    entries: entries('In the order of their revisions.'),
  }),
  example: {
    ...{ type: 'changes', from: 4_711, revision: 4_715 },
    entries: [
      {
        ...{ kind: 'instance', name: 'shop-web-t1-0' },
        instance: { ...service, state: 'draining', address: '10.80.0.11', port: 20_000 },
      },
      { kind: 'instance', name: 'shop-web-t0-0' },
    ],
  },
});

const fromGateway = [
  ...([feedHello, feedSubscribe, feedApplied, feedRenew, feedBye] as const),
  ...([feedFigures, feedWake] as const),
] as const;
const fromLoadBalancer = [feedWelcome, feedSnapshot, feedChanges, feedScores, feedOverrides] as const;

/** Every message of the feed. */
export const feedMessages: readonly FeedMessageDefinition[] = [...fromGateway, ...fromLoadBalancer];

export type FromGateway = FeedMessageData<(typeof fromGateway)[number]>;
export type FromLoadBalancer = FeedMessageData<(typeof fromLoadBalancer)[number]>;
export type FeedWelcome = FeedMessageData<typeof feedWelcome>;
export type FeedSnapshot = FeedMessageData<typeof feedSnapshot>;
export type FeedChanges = FeedMessageData<typeof feedChanges>;
export type FeedScores = FeedMessageData<typeof feedScores>;
export type FeedOverrides = FeedMessageData<typeof feedOverrides>;
export type FeedFigures = FeedMessageData<typeof feedFigures>;
export type FeedHello = FeedMessageData<typeof feedHello>;
