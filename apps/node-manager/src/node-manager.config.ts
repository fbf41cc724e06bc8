import { hostname } from 'node:os';
import { port, secret } from '#libs/config';
import { z } from 'zod';
import { runtimeConfigSchema } from '#libs/runtime';
import { parseAtRestKey } from '#libs/secrets';

const schema = runtimeConfigSchema.extend({
  /** base64url of 32 bytes: logins rest encrypted under it. */
  SLIPWAY_SECRET_KEY: secret(parseAtRestKey),
  SLIPWAY_API_TOKEN: secret(),
  SLIPWAY_READ_TOKEN: secret().optional(),
  NODE_MANAGER_HTTP_PORT: port().default(0),
  NODE_MANAGER_REPLICA: z.string().default(`${hostname()}-${process.pid}`),
  /** Host ports that instances get on a node that is enrolled now; both included. */
  NODE_FIRST_PORT: port().min(1).default(20_000),
  NODE_LAST_PORT: port().default(29_999),
});

/** Everything that the node manager reads from its environment. */
export const nodeManagerConfigSchema = schema.refine(
  (config) => config.NODE_FIRST_PORT <= config.NODE_LAST_PORT,
  {
    path: ['NODE_LAST_PORT'],
    error: 'a port that is not below NODE_FIRST_PORT',
  },
);
