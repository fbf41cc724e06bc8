import { z } from 'zod';
import { nodeNameSchema } from '#libs/contracts';
import { withKafkaRules } from '#libs/config';
import { databaseVariables, httpPort, replicaName, runtimeConfigSchema } from '#libs/runtime';
import { nodeKeyVariables, someNodeKey } from '#libs/secrets';

const keptDays = (standard: number) => z.coerce.number().int().min(1).max(3_650).default(standard);

const schema = runtimeConfigSchema.extend({
  ...databaseVariables('AGENT'),
  ...nodeKeyVariables,
  AGENT_HTTP_PORT: httpPort(),
  AGENT_REPLICA: replicaName(),
  AGENT_LOCAL_NODE: nodeNameSchema
    .optional()
    .describe(
      'The name of the node that this agent runs on. It reads that node by the socket of its engine and a shell, without SSH.',
    ),
  AGENT_MINUTES_DAYS: keptDays(14).describe('How many days the figures of each minute are kept.'),
  AGENT_TEN_SECONDS_DAYS: keptDays(7).describe(
    'How many days the figures of each ten seconds are kept, of services that scale.',
  ),
});

/** Everything that the agent reads from its environment. */
export const agentConfigSchema = withKafkaRules(schema.refine(...someNodeKey));
