import { port } from '#libs/config';
import { accessVariables } from '#libs/http';
import {
  databaseVariables,
  httpPort,
  replicaName,
  runtimeConfigSchema,
  withRuntimeRules,
} from '#libs/runtime';
import { nodeKeyVariables, someNodeKey } from '#libs/secrets';
import { z } from 'zod';

const schema = runtimeConfigSchema.extend({
  ...databaseVariables('NODE_MANAGER'),
  ...nodeKeyVariables,
  ...accessVariables,
  NODE_MANAGER_HTTP_PORT: httpPort(),
  NODE_MANAGER_REPLICA: replicaName(),
  NODE_FIRST_PORT: port()
    .min(1)
    .default(20_000)
    .describe('The first host port for instances on a node that is enrolled now.'),
  NODE_LAST_PORT: port()
    .default(29_999)
    .describe('The last host port for instances on a node that is enrolled now.'),
  NODE_ARCHITECTURE: z
    .enum(['x86_64', 'amd64', 'aarch64', 'arm64'])
    .optional()
    .describe(
      'What images are built for. A machine of another kind is refused; without it, one that differs from the other nodes is warned of.',
    ),
});

/** Everything that the node manager reads from its environment. */
export const nodeManagerConfigSchema = withRuntimeRules(schema)
  .refine((config) => config.NODE_FIRST_PORT <= config.NODE_LAST_PORT, {
    path: ['NODE_LAST_PORT'],
    error: 'expected NODE_FIRST_PORT or a higher port',
  })
  .refine(...someNodeKey);
