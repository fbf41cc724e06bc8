import { z } from 'zod';
import { REBALANCING_MODES } from '#libs/contracts';
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
import { scalingVariables } from './scaling/variables.wire.js';
import { scoreVariables, someWeight } from './scores/variables.wire.js';

const MOST_OVERCOMMIT = 10;

/** Of the CPU of a node; as a share of 1. */
const percent = (least: number) => z.coerce.number().min(least).max(100).meta({ kind: 'percent' });

const rebalancingVariables = {
  LOAD_BALANCER_REBALANCING: z
    .enum(REBALANCING_MODES)
    .default('off')
    .describe(
      '`advise` says which instances should move so that the CPU of nodes is evenly used; `act` also moves them, replacement first; `off` reads and moves nothing.',
    ),
  LOAD_BALANCER_REBALANCING_AT_ONCE: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(1)
    .describe('How many such moves may be under way at once.'),
  LOAD_BALANCER_REBALANCING_AN_HOUR: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe('How many such moves may begin within an hour.'),
  LOAD_BALANCER_REBALANCING_LEAST_GAIN: percent(1)
    .default(10)
    .describe(
      'By how many percent of its CPU the load of a node has to fall with a move; the target must stay as far below what the node had.',
    ),
  LOAD_BALANCER_REBALANCING_ABOVE: percent(0)
    .default(50)
    .describe('Nodes of whose CPU less than so many percent are in use are left as they are.'),
  LOAD_BALANCER_REBALANCING_QUIET_MS: durationMs()
    .default(1_800_000)
    .describe(
      'How long an instance has to have run before it may be moved, and how long a service is left alone after a move of it failed.',
    ),
  LOAD_BALANCER_REBALANCING_OVER_MS: durationMs()
    .pipe(z.number().min(1_000))
    .default(300_000)
    .describe('Loads are means over so long, and every tenth of it they are looked at.'),
};

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
    .describe(
      'How many days it is kept why a node request was answered as it was, and which instances were moved to balance the load.',
    ),
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
  LOAD_BALANCER_FEED_GATEWAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(200)
    .describe(
      'How many gateways may follow the traffic feed of this replica; see [Run a gateway at the edge](../how-to/run-a-gateway-at-the-edge.md).',
    ),
  ...scalingVariables,
  ...rebalancingVariables,
  ...scoreVariables,
});

/** Everything that the load balancer reads from its environment. */
export const loadBalancerConfigSchema = withRuntimeRules(schema.refine(...someNodeKey).refine(...someWeight));

export type LoadBalancerConfig = z.output<typeof schema>;
