import { secret } from '#libs/config';
import { databaseUrl, httpPort, replicaName, runtimeConfigSchema } from '#libs/runtime';
import { nodeKeyVariables, parsePublicKey, someNodeKey } from '#libs/secrets';

const schema = runtimeConfigSchema.extend({
  DATABASE_URL: databaseUrl('LOAD_BALANCER_DATABASE_URL'),
  ...nodeKeyVariables,
  SLIPWAY_DEPLOYER_PUBLIC_KEY: secret(parsePublicKey).describe(
    'X25519 public key (JWK, base64url) of the deployer; logins are sealed to it.',
  ),
  LOAD_BALANCER_HTTP_PORT: httpPort(),
  LOAD_BALANCER_REPLICA: replicaName(),
});

/** Everything that the load balancer reads from its environment. */
export const loadBalancerConfigSchema = schema.refine(...someNodeKey);
