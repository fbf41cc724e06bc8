import { z } from 'zod';
import { commaList } from '#libs/config';
import { redisVariables } from '#libs/redis';
import { usualWeights } from './domain/overall.js';
import type { ScoreRules } from './domain/scored-instance.js';

const weight = (usual: number) => z.coerce.number().min(0).max(1_000).default(usual);
const ORIGIN = /^(?:\*|https?:\/\/[^/\s]+)$/;

/** What scores are made with, and who may read them. */
export const scoreVariables = {
  ...redisVariables,
  LOAD_BALANCER_SCORE_CPU_WEIGHT: weight(usualWeights.cpu).describe(
    'How much the CPU of an instance counts in its score; 0: not at all. See [Scores](../explanation/scores.md).',
  ),
  LOAD_BALANCER_SCORE_MEMORY_WEIGHT: weight(usualWeights.memory).describe('The same of its memory.'),
  LOAD_BALANCER_SCORE_NETWORK_WEIGHT: weight(usualWeights.network).describe(
    'The same of the network of its node.',
  ),
  LOAD_BALANCER_SCORE_AVAILABILITY_WEIGHT: weight(usualWeights.availability).describe(
    'The same of the time that its answers take.',
  ),
  LOAD_BALANCER_SCORE_ALPHA: z.coerce
    .number()
    .min(0.01)
    .max(1)
    .default(0.2)
    .describe('How much the newest second counts in a score, above 0 and up to 1: 1 smooths nothing.'),
  LOAD_BALANCER_SCORE_LINE_MBITS: z.coerce
    .number()
    .min(1)
    .max(1_000_000)
    .meta({ kind: 'Mbit/s' })
    .optional()
    .describe(
      'How fast the network of the nodes is; without it 1,000, or twice what a node was seen to carry.',
    ),
  LOAD_BALANCER_SCORES_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(14)
    .describe('How many days the scores of each minute are kept.'),
  LOAD_BALANCER_CORS_ORIGINS: commaList()
    .refine((origins) => origins.every((origin) => ORIGIN.test(origin)), 'expected https://host or *')
    .default([])
    .describe(
      'The pages that may read this API in a browser, such as `https://dashboard.example.com`; `*` are all. None by default.',
    ),
};

type ScoreConfig = z.output<z.ZodObject<typeof scoreVariables>>;

/** For `.refine(...someWeight)`: with none of them there is no score. */
export const someWeight: readonly [
  (config: Partial<ScoreConfig>) => boolean,
  { readonly path: [string]; readonly error: string; readonly when: () => true },
] = [
  (config) => Object.values(weightsOf(config)).some((one) => one !== 0),
  {
    path: ['LOAD_BALANCER_SCORE_CPU_WEIGHT'],
    error: 'expected one of the weights of scores to be above 0',
    // Also where other variables are wrong: all problems are listed at once.
    when: () => true,
  },
];

const weightsOf = (config: Partial<ScoreConfig>) => ({
  cpu: config.LOAD_BALANCER_SCORE_CPU_WEIGHT,
  memory: config.LOAD_BALANCER_SCORE_MEMORY_WEIGHT,
  network: config.LOAD_BALANCER_SCORE_NETWORK_WEIGHT,
  availability: config.LOAD_BALANCER_SCORE_AVAILABILITY_WEIGHT,
});

export const scoreRulesOf = (config: ScoreConfig): ScoreRules => ({
  weights: {
    cpu: config.LOAD_BALANCER_SCORE_CPU_WEIGHT,
    memory: config.LOAD_BALANCER_SCORE_MEMORY_WEIGHT,
    network: config.LOAD_BALANCER_SCORE_NETWORK_WEIGHT,
    availability: config.LOAD_BALANCER_SCORE_AVAILABILITY_WEIGHT,
  },
  alpha: config.LOAD_BALANCER_SCORE_ALPHA,
  lineMbits: config.LOAD_BALANCER_SCORE_LINE_MBITS,
});
