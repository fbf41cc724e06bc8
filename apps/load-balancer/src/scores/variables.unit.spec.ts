import { expect, it } from 'vitest';
import { z } from 'zod';
import { scoreRulesOf, scoreVariables, someWeight } from './variables.wire.js';

const schema = z.object(scoreVariables).refine(...someWeight);

it('has the weights of RustyBalancer, shares nothing and lets no page read by default', () => {
  const config = schema.parse({});
  expect(scoreRulesOf(config)).toEqual({
    weights: { cpu: 0.35, memory: 0.25, network: 0.15, availability: 0.25 },
    ...{ alpha: 0.2, lineMbits: undefined },
  });
  expect(config).toMatchObject({ LOAD_BALANCER_CORS_ORIGINS: [] });
  expect(config).not.toHaveProperty('REDIS_URL');
});

it.each([
  [
    'no weight at all',
    ['CPU', 'MEMORY', 'NETWORK', 'AVAILABILITY'].map((part) => [`LOAD_BALANCER_SCORE_${part}_WEIGHT`, '0']),
  ],
  ['an average that never moves', [['LOAD_BALANCER_SCORE_ALPHA', '0']]],
  ['an origin with a path', [['LOAD_BALANCER_CORS_ORIGINS', 'https://a.example.com/page']]],
  ['a Redis that is none', [['REDIS_URL', 'localhost:6379']]],
])('refuses %s', (_what, env) => {
  expect(schema.safeParse(Object.fromEntries(env)).success).toBe(false);
});
