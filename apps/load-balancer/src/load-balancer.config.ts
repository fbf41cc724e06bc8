import { hostname } from 'node:os';
import { z } from 'zod';
import { anyOf, port, secret } from '#libs/config';
import { databaseUrl, runtimeConfigSchema } from '#libs/runtime';
import { parseAtRestKeys, parsePublicKey } from '#libs/secrets';

const schema = runtimeConfigSchema.extend({
  DATABASE_URL: databaseUrl('LOAD_BALANCER_DATABASE_URL'),
  /** The node manager's, base64url of 32 bytes, several with commas: logins of nodes rest encrypted with the first. */
  SLIPWAY_NODE_KEY: secret(parseAtRestKeys).optional(),
  /** What was one key for logins of nodes and secrets of applications: still opens logins. */
  SLIPWAY_SECRET_KEY: secret(parseAtRestKeys).optional(),
  /** base64url of a JWK: logins are sealed to it. */
  SLIPWAY_DEPLOYER_PUBLIC_KEY: secret(parsePublicKey),
  LOAD_BALANCER_HTTP_PORT: port().default(0),
  LOAD_BALANCER_REPLICA: z.string().default(`${hostname()}-${process.pid}`),
});

/** Everything that the load balancer reads from its environment. */
export const loadBalancerConfigSchema = schema.refine(...anyOf('SLIPWAY_NODE_KEY', 'SLIPWAY_SECRET_KEY'));
