import { hostname } from 'node:os';
import { z } from 'zod';
import { port, secret } from '#libs/config';
import { runtimeConfigSchema } from '#libs/runtime';
import { parseAtRestKey, parsePublicKey } from '#libs/secrets';

/** Everything that the load balancer reads from its environment. */
export const loadBalancerConfigSchema = runtimeConfigSchema.extend({
  /** base64url of 32 bytes: the node manager encrypted the logins under it. */
  SLIPWAY_SECRET_KEY: secret(parseAtRestKey),
  /** base64url of a JWK: logins are sealed to it. */
  SLIPWAY_DEPLOYER_PUBLIC_KEY: secret(parsePublicKey),
  LOAD_BALANCER_HTTP_PORT: port().default(0),
  LOAD_BALANCER_REPLICA: z.string().default(`${hostname()}-${process.pid}`),
});
