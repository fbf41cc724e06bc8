import { hostname } from 'node:os';
import { port } from '#libs/config';
import { z } from 'zod';
import { accessVariables } from '#libs/http';
import { databaseUrl, runtimeConfigSchema } from '#libs/runtime';
import { nodeKeyVariables, someNodeKey } from '#libs/secrets';

const schema = runtimeConfigSchema.extend({
  DATABASE_URL: databaseUrl('NODE_MANAGER_DATABASE_URL'),
  ...nodeKeyVariables,
  ...accessVariables,
  NODE_MANAGER_HTTP_PORT: port().default(0).describe('The port of the HTTP server; 0 takes a free one.'),
  NODE_MANAGER_REPLICA: z.string().default(`${hostname()}-${process.pid}`).meta({
    description: 'The name of this replica, unique among all.',
    shownDefault: 'host name and process id',
  }),
  NODE_FIRST_PORT: port()
    .min(1)
    .default(20_000)
    .describe('The first host port for instances on a node that is enrolled now.'),
  NODE_LAST_PORT: port()
    .default(29_999)
    .describe('The last host port for instances on a node that is enrolled now.'),
});

/** Everything that the node manager reads from its environment. */
export const nodeManagerConfigSchema = schema
  .refine((config) => config.NODE_FIRST_PORT <= config.NODE_LAST_PORT, {
    path: ['NODE_LAST_PORT'],
    error: 'expected NODE_FIRST_PORT or a higher port',
  })
  .refine(...someNodeKey);
