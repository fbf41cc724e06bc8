import { hostname } from 'node:os';
import { port, secret } from '#libs/config';
import { z } from 'zod';
import { runtimeConfigSchema } from '#libs/runtime';

/** Everything that the node manager reads from its environment. */
export const nodeManagerConfigSchema = runtimeConfigSchema.extend({
  /** base64url of 32 bytes: logins rest encrypted under it. */
  SLIPWAY_SECRET_KEY: secret(),
  SLIPWAY_API_TOKEN: secret(),
  SLIPWAY_READ_TOKEN: secret().optional(),
  NODE_MANAGER_HTTP_PORT: port().default(0),
  NODE_MANAGER_REPLICA: z.string().default(`${hostname()}-${process.pid}`),
  /** Host ports that instances get on a node that is enrolled now; both included. */
  NODE_FIRST_PORT: port().default(20_000),
  NODE_LAST_PORT: port().default(29_999),
});
