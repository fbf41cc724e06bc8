import { z } from 'zod';
import { durationMs, secret } from '#libs/config';
import {
  databaseVariables,
  httpPort,
  replicaName,
  runtimeConfigSchema,
  withRuntimeRules,
} from '#libs/runtime';
import { accessVariables } from '#libs/http';
import { nodeKeyVariables, parsePublicKey, someNodeKey } from '#libs/secrets';

const MOST_OVERCOMMIT = 10;

const schema = runtimeConfigSchema.extend({
  ...databaseVariables('LOAD_BALANCER'),
  ...nodeKeyVariables,
  ...accessVariables,
  SLIPWAY_DEPLOYER_PUBLIC_KEY: secret(parsePublicKey).describe(
    'X25519 public key (JWK, base64url) of the deployer; logins are sealed to it.',
  ),
  LOAD_BALANCER_HTTP_PORT: httpPort(),
  LOAD_BALANCER_REPLICA: replicaName(),
  LOAD_BALANCER_PLACEMENT: z
    .enum(['spread', 'pack'])
    .default('spread')
    .describe(
      '`spread` keeps nodes evenly loaded; `pack` fills nodes so that large instances still find room on others.',
    ),
  LOAD_BALANCER_CPU_OVERCOMMIT: z.coerce
    .number()
    .min(1)
    .max(MOST_OVERCOMMIT)
    .default(1)
    .describe(
      'How many times the CPU of a node may be reserved, 1 to 10, where its measured use leaves room. 1 never reserves more than there is. Memory is never overcommitted.',
    ),
  LOAD_BALANCER_PLACEMENTS_DAYS: z.coerce
    .number()
    .min(1)
    .max(3_650)
    .default(14)
    .describe('How many days it is kept why a node request was answered as it was.'),
  LOAD_BALANCER_MOST_WAITING: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(1_000)
    .describe(
      'How many instances may wait for room at once. Beyond that, what no node takes is refused; 0: all of it.',
    ),
  LOAD_BALANCER_PREEMPT: z
    .enum(['off', 'on'])
    .default('off')
    .describe(
      '`on`: instances of clearly lower priorities may be stopped for those that wait with `placement.preempt` of config.json. `off` never stops any.',
    ),
  LOAD_BALANCER_HOLD_AFTER_MS: durationMs()
    .default(10_000)
    .describe(
      'After how long the first of those that wait keeps the node that is closest to having room for it, so that smaller ones do not take it.',
    ),
});

/** Everything that the load balancer reads from its environment. */
export const loadBalancerConfigSchema = withRuntimeRules(schema.refine(...someNodeKey));
