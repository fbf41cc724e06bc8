import { z } from 'zod';
import { secret } from '#libs/config';
import {
  databaseVariables,
  httpPort,
  replicaName,
  runtimeConfigSchema,
  withRuntimeRules,
} from '#libs/runtime';
import { nodeKeyVariables, parsePublicKey, someNodeKey } from '#libs/secrets';

const schema = runtimeConfigSchema.extend({
  ...databaseVariables('LOAD_BALANCER'),
  ...nodeKeyVariables,
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
});

/** Everything that the load balancer reads from its environment. */
export const loadBalancerConfigSchema = withRuntimeRules(schema.refine(...someNodeKey));
