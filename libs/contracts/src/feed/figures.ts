import { z } from 'zod';
import { LONGEST_FEED_NAME } from './entries.js';
import { defineFeedMessage } from './feed-message.js';

/** Of services in one message. */
export const MOST_FEED_SERVICE_FIGURES = 5_000;
/** Of instances in one message. */
export const MOST_FEED_INSTANCE_FIGURES = 10_000;
/** So much a gateway says at once, as JSON: 1,000 services with two instances each are about half of it. */
export const MOST_FIGURES_BYTES = 512 * 1024;

const name = (what: string) => z.string().min(1).max(LONGEST_FEED_NAME).describe(what);
const some = (what: string) => z.number().min(0).optional().describe(`${what} Absent: 0.`);
const ms = (what: string) => z.number().min(0).optional().describe(what);
const isGone = z.literal(true).optional().describe('The gateway carries it no more.');

const rates = {
  requestsPerSecond: some('Requests that came in, without health checks.'),
  errorsPerSecond: some('Answers of 500 or more, and answers that broke off.'),
  inFlight: some('Requests at instances.'),
};

/** How one service does at one gateway. What is 0 is left out. */
export const serviceFiguresSchema = z.object({
  name: name('`<appId>/<service>`.'),
  ...rates,
  queued: some('Requests that wait because its instances have as many as they may have.'),
  held: some('Requests that wait because no instance can be reached.'),
  p95Ms: ms('Of 100 answers of the last seconds, 95 took so long at most. Absent where there was none.'),
  lastRequestAt: z
    .int()
    .min(0)
    .optional()
    .describe(
      'When the last request was there, in milliseconds since 1970. Health checks are none. Absent where the gateway saw none since its start.',
    ),
  isGone,
});

/** How one instance does at one gateway. */
export const instanceFiguresSchema = z.object({
  name: name('Of the instance.'),
  ...rates,
  meanMs: ms('Of the answers of the last seconds. Absent where there was none.'),
  p95Ms: ms('As of a service.'),
  isGone,
});

export type ServiceFigures = z.output<typeof serviceFiguresSchema>;
export type InstanceFigures = z.output<typeof instanceFiguresSchema>;

const serviceFigures = z.array(serviceFiguresSchema).max(MOST_FEED_SERVICE_FIGURES);
const instanceFigures = z.array(instanceFiguresSchema).max(MOST_FEED_INSTANCE_FIGURES);

export const feedFigures = defineFeedMessage({
  type: 'figures',
  from: 'gateway',
  summary:
    'How services and instances do at this gateway: once a second, those alone that do otherwise than was said last. An empty one says that all is as before.',
  schema: z.object({
    type: z.literal('figures'),
    at: z.int().min(0).describe('What time it is at the gateway, in milliseconds since 1970.'),
    isWhole: z.literal(true).optional().describe('It replaces all that was said before; so does the first.'),
    services: serviceFigures.describe('512 KiB at most for a whole message; the rest comes a second later.'),
    instances: instanceFigures.describe('As of services.'),
  }),
  example: {
    ...{ type: 'figures', at: 1_796_040_000_000, isWhole: true },
    services: [
      {
        ...{ name: 'shop/web', requestsPerSecond: 42.5, inFlight: 3, p95Ms: 23 },
        lastRequestAt: 1_796_039_999_900,
      },
      { name: 'shop/cart', held: 1 },
      { name: 'shop/old', isGone: true },
    ],
    instances: [{ name: 'shop-web-t1-0', requestsPerSecond: 42.5, inFlight: 3, meanMs: 8.2, p95Ms: 23 }],
  },
});

export const feedWake = defineFeedMessage({
  type: 'wake',
  from: 'gateway',
  summary:
    'A request waits for a service without an instance that can be reached: at once with the first, and each second while any does. Health checks wake nobody.',
  schema: z.object({
    type: z.literal('wake'),
    services: z.array(name('`<appId>/<service>`.')).min(1).max(1_000).describe('The services by their ids.'),
  }),
  example: { type: 'wake', services: ['shop/web'] },
});

/** What a row of figures holds that a gateway or a load balancer writes into its schema: all that it knows. */
export const figuresRowSchema = z.object({ services: serviceFigures, instances: instanceFigures });
export type FiguresRow = z.output<typeof figuresRowSchema>;
