import { z } from 'zod';
import { LONGEST_FEED_NAME } from './entries.js';
import { defineFeedMessage } from './feed-message.js';

/** Of instances in one message. */
export const MOST_FEED_SCORES = 1_000;
/** Of overrides at a time. */
export const MOST_FEED_OVERRIDES = 1_000;
/** That of an instance without an override begins at 100. */
export const MOST_WEIGHT = 256;

const instance = z.string().min(1).max(LONGEST_FEED_NAME).describe('The name of the instance.');

/** The score of one instance, as gateways and dashboards hear of it. */
export const feedScoreSchema = z.object({
  name: instance,
  score: z.int().min(0).max(100).optional().describe('100 is idle. Absent where it has none any more.'),
  state: z
    .string()
    .min(1)
    .max(32)
    .optional()
    .describe('`INIT`, `LU`, `MU`, `HU` or `SUNDOWN`. A state that is not known means nothing.'),
});

/** A weight that an operator has set. */
export const feedOverrideSchema = z.object({
  instance,
  weight: z.int().min(0).max(MOST_WEIGHT).describe('0: no new requests while another instance can serve.'),
  forMs: z
    .int()
    .min(1)
    .optional()
    .describe('It ends so long after this message. Absent: it does not end by itself.'),
});

export type FeedScore = z.output<typeof feedScoreSchema>;
export type FeedOverride = z.output<typeof feedOverrideSchema>;

export const feedScores = defineFeedMessage({
  type: 'scores',
  from: 'load balancer',
  summary:
    'How idle instances are: once a second, those alone whose score or state is another one. An empty message says that all is as before. After 3 s without one, no score counts.',
  schema: z.object({
    type: z.literal('scores'),
    isWhole: z.literal(true).optional().describe('It replaces all that was said before; so does the first.'),
    scores: z.array(feedScoreSchema).max(MOST_FEED_SCORES).describe('The newest of each instance.'),
  }),
  example: {
    ...{ type: 'scores', isWhole: true },
    scores: [{ name: 'shop-web-t1-0', score: 57, state: 'MU' }, { name: 'shop-web-t0-0' }],
  },
});

export const feedOverrides = defineFeedMessage({
  type: 'overrides',
  from: 'load balancer',
  summary:
    'The weights that operators have set, all of them: when they change, and first of all where there are any. They hold while the load balancer is away.',
  schema: z.object({
    type: z.literal('overrides'),
    overrides: z.array(feedOverrideSchema).max(MOST_FEED_OVERRIDES).describe('Each instance once.'),
  }),
  example: { type: 'overrides', overrides: [{ instance: 'shop-web-t1-0', weight: 20, forMs: 600_000 }] },
});

/** What a row of scores holds that a load balancer writes for gateways that read its view. */
export const scoresRowSchema = z.object({ scores: z.array(feedScoreSchema).max(100_000) });
export type ScoresRow = z.output<typeof scoresRowSchema>;
