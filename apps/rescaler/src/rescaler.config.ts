import { z } from 'zod';
import { commaList } from '#libs/config';
import { RESCALER_FEATURES } from '#libs/contracts';
import { accessVariables } from '#libs/http';
import {
  databaseVariables,
  httpPort,
  replicaName,
  runtimeConfigSchema,
  withRuntimeRules,
} from '#libs/runtime';

const keptDays = (standard: number) => z.coerce.number().int().min(1).max(3_650).default(standard);

const schema = runtimeConfigSchema.extend({
  ...databaseVariables('RESCALER'),
  ...accessVariables,
  RESCALER_HTTP_PORT: httpPort(),
  RESCALER_REPLICA: replicaName(),
  RESCALER_FEATURES: commaList()
    .pipe(z.array(z.enum(RESCALER_FEATURES)))
    .default([...RESCALER_FEATURES])
    .describe(
      'What this process does, with commas between; all by default. See [Limits that follow use](../explanation/rescaling.md#what-a-process-runs).',
    ),
  RESCALER_DECISIONS_DAYS: keptDays(14).describe(
    'How many days it is kept which limits were decided, and why.',
  ),
  RESCALER_FIGURES_DAYS: keptDays(14).describe('How many days limits and use of each ten seconds are kept.'),
});

/** Everything that the rescaler reads from its environment. */
export const rescalerConfigSchema = withRuntimeRules(schema);

export type RescalerConfig = z.output<typeof schema>;
