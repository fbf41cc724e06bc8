import { hostname } from 'node:os';
import { anyOf, port, secret } from '#libs/config';
import { z } from 'zod';
import { databaseUrl, runtimeConfigSchema } from '#libs/runtime';
import { parseAtRestKeys } from '#libs/secrets';

const schema = runtimeConfigSchema.extend({
  DATABASE_URL: databaseUrl('NODE_MANAGER_DATABASE_URL'),
  /** base64url of 32 bytes, several with commas: logins of nodes rest encrypted with the first, each opens them. */
  SLIPWAY_NODE_KEY: secret(parseAtRestKeys).optional(),
  /** What was one key for logins of nodes and secrets of applications: still opens logins, which are then renewed. */
  SLIPWAY_SECRET_KEY: secret(parseAtRestKeys).optional(),
  SLIPWAY_API_TOKEN: secret(),
  SLIPWAY_READ_TOKEN: secret().optional(),
  NODE_MANAGER_HTTP_PORT: port().default(0),
  NODE_MANAGER_REPLICA: z.string().default(`${hostname()}-${process.pid}`),
  /** Host ports that instances get on a node that is enrolled now; both included. */
  NODE_FIRST_PORT: port().min(1).default(20_000),
  NODE_LAST_PORT: port().default(29_999),
});

/** Everything that the node manager reads from its environment. */
export const nodeManagerConfigSchema = schema
  .refine((config) => config.NODE_FIRST_PORT <= config.NODE_LAST_PORT, {
    path: ['NODE_LAST_PORT'],
    error: 'a port that is not below NODE_FIRST_PORT',
  })
  .refine(...anyOf('SLIPWAY_NODE_KEY', 'SLIPWAY_SECRET_KEY'));
