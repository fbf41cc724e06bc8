import { z } from 'zod';
import { secret } from '#libs/config';

const EXPECTED = 'expected redis://host:port or rediss://user:password@host:port/database';

function checkRedisUrl(text: string): void {
  if (!/^rediss?:\/\//.test(text) || !URL.canParse(text)) throw new Error(EXPECTED);
}

/** How a process reaches Redis, and what its keys are called there. */
export const redisVariables = {
  REDIS_URL: secret(checkRedisUrl)
    .optional()
    .describe(
      'Redis, through which replicas share what can be rebuilt: `rediss://user:password@host:port/database`. Without it each replica knows its own share only.',
    ),
  REDIS_PREFIX: z
    .string()
    .max(100)
    .optional()
    .describe('What the name of every key begins with; without it `slipway:` and `KAFKA_PREFIX`.'),
};

export type RedisConfig = z.output<z.ZodObject<typeof redisVariables>> & { readonly KAFKA_PREFIX: string };
