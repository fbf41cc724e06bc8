import { z } from 'zod';
import { withKafkaRules } from '#libs/config';
import { databaseVariables, httpPort, replicaName, runtimeConfigSchema } from '#libs/runtime';
import { nodeKeyVariables, someNodeKey } from '#libs/secrets';

const schema = runtimeConfigSchema.extend({
  ...databaseVariables('AGENT'),
  ...nodeKeyVariables,
  AGENT_HTTP_PORT: httpPort(),
  AGENT_REPLICA: replicaName(),
  AGENT_MINUTES_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3_650)
    .default(14)
    .describe('How many days the figures of each minute are kept.'),
});

/** Everything that the agent reads from its environment. */
export const agentConfigSchema = withKafkaRules(schema.refine(...someNodeKey));
