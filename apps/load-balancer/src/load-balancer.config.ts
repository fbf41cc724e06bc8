import { hostname } from 'node:os';
import { z } from 'zod';
import { port, secret } from '#libs/config';
import { databaseUrl, runtimeConfigSchema } from '#libs/runtime';
import { nodeKeyVariables, parsePublicKey, someNodeKey } from '#libs/secrets';

const schema = runtimeConfigSchema.extend({
  DATABASE_URL: databaseUrl('LOAD_BALANCER_DATABASE_URL'),
  ...nodeKeyVariables,
  SLIPWAY_DEPLOYER_PUBLIC_KEY: secret(parsePublicKey).describe(
    'X25519 public key (JWK, base64url) of the deployer; logins are sealed to it.',
  ),
  LOAD_BALANCER_HTTP_PORT: port().default(0).describe('The port of the HTTP server; 0 takes a free one.'),
  LOAD_BALANCER_REPLICA: z.string().default(`${hostname()}-${process.pid}`).meta({
    description: 'The name of this replica, unique among all.',
    shownDefault: 'host name and process id',
  }),
});

/** Everything that the load balancer reads from its environment. */
export const loadBalancerConfigSchema = schema.refine(...someNodeKey);
