import { z } from 'zod';
import { durationMs } from '#libs/config';

const count = (most: number) => z.coerce.number().int().max(most);

/** How instances are balanced, and what a service may take of them. */
export const balancingVariables = {
  GATEWAY_MOST_IN_FLIGHT: count(1_000_000)
    .min(0)
    .default(0)
    .describe('How many requests one instance gets at once; further ones wait. 0 is without a bound.'),
  GATEWAY_MOST_QUEUED: count(1_000_000)
    .min(1)
    .default(1_000)
    .describe(
      'How many requests of one service wait for an instance; further ones are answered with 503 at once.',
    ),
  GATEWAY_QUEUE_MS: durationMs()
    .default(5_000)
    .describe('How long a request waits for an instance before it is answered with 503.'),
  GATEWAY_SLOW_START_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(10_000)
    .describe(
      'How long a new instance takes to get its whole share, beside others that serve already; 0 gives it at once.',
    ),
  GATEWAY_STALL_MS: durationMs()
    .default(750)
    .describe(
      'An instance that holds requests and answers none for so long gets hardly any more, and none at all after twice the time. A service that takes longer by nature has longer.',
    ),
  GATEWAY_EJECT_MS: durationMs()
    .default(5_000)
    .describe(
      'How long an instance that has stalled, or fails more often than the others, gets no requests for the first time. Each further time is twice as long, 5 minutes at most.',
    ),
  GATEWAY_EJECT_MOST_PERCENT: count(100)
    .min(0)
    .default(34)
    .describe(
      'How many of the instances of a service may be taken out so at a time, in percent. One of two always may; all never are.',
    ),
};
