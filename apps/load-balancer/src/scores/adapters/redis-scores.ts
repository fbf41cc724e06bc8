import { z } from 'zod';
import type { RedisClient } from '#libs/redis';
import { scoreStates } from '../domain/instance-score.js';
import type { SharedScore } from '../domain/merged.js';
import type { SharedScores, Shares } from '../ports.js';

/** As long as it may be gone on from: a replica that starts again takes what the one before it left. */
const KEPT_MS = 60_000;

const score = z.number().min(0).max(100);
const percent = z.number().min(0).optional();
const sharedSchema = z.object({
  score: z.object({
    ...{
      instance: z.string(),
      appId: z.string(),
      service: z.string(),
      node: z.string(),
      container: z.string(),
    },
    ...{ cpu: score.optional(), memory: score.optional(), network: score.optional() },
    ...{ availability: score.optional(), overall: score, state: z.enum(scoreStates) },
    used: z.object({
      ...{ cpuPercent: percent, memoryPercent: percent },
      ...{ cpuLimit: percent, memoryLimit: percent },
    }),
    at: z.number(),
  }),
  utilisation: z.enum(['LU', 'MU', 'HU']),
  answers: z
    .object({
      ...{ times: z.array(z.number()), best: z.number(), threshold: z.number(), score },
      ...{ samples: z.number(), at: z.number() },
    })
    .optional(),
}) satisfies z.ZodType<SharedScore>;
const shareSchema = z.array(sharedSchema);

const REPLICAS = 'scores:replicas';
const keyOf = (replica: string): string => `scores:of:${replica}`;

interface RedisScoresParts {
  readonly redis: Pick<RedisClient, 'send'>;
  /** Of all replicas none has the same. */
  readonly replica: string;
  now(): Date;
}

/**
 * Each replica writes its share under a key of its own, which expires, and reads those of the replicas that wrote within
 * the last minute: two round trips a second, however many instances there are.
 */
export class RedisScores implements SharedScores {
  constructor(private readonly parts: RedisScoresParts) {}

  async recall(): Promise<Shares> {
    const answers = await this.parts.redis.send([['ZRANGE', REPLICAS, 0, -1]]);
    return this.sharesOf(namesIn(answers));
  }

  async exchange(own: readonly SharedScore[]): Promise<Shares> {
    const { redis, replica, now } = this.parts;
    const nowMs = now().getTime();
    const answers = await redis.send([
      ['SET', keyOf(replica), JSON.stringify(own), 'PX', KEPT_MS],
      ['ZADD', REPLICAS, nowMs, replica],
      ['ZREMRANGEBYSCORE', REPLICAS, '-inf', nowMs - KEPT_MS],
      ['PEXPIRE', REPLICAS, KEPT_MS],
      ['ZRANGE', REPLICAS, 0, -1],
    ]);
    return this.sharesOf(namesIn(answers).filter((name) => name !== replica));
  }

  private async sharesOf(replicas: readonly string[]): Promise<Shares> {
    if (replicas.length === 0) return new Map();
    const [found] = (await this.parts.redis.send([['MGET', ...replicas.map(keyOf)]])) ?? [];
    const shares = z.array(z.unknown()).catch([]).parse(found);
    return new Map(
      replicas.flatMap((replica, n) => {
        const scores = scoresIn(shares[n]);
        return scores === undefined ? [] : [[replica, scores] as const];
      }),
    );
  }
}

/** The answer to the last command. */
const namesIn = (answers: readonly unknown[] | undefined): readonly string[] =>
  answers === undefined ? [] : z.array(z.string()).parse(answers.at(-1));

/** Undefined of what cannot be read: another version may write otherwise. */
function scoresIn(text: unknown): readonly SharedScore[] | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return shareSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Without Redis each replica knows its own share alone. */
export const nothingShared: SharedScores = {
  recall: () => Promise.resolve(new Map()),
  exchange: () => Promise.resolve(new Map()),
};
