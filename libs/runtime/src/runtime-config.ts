import { z } from 'zod';
import { commaList, secret } from '#libs/config';

/** What every app that handles messages reads from its environment; its shape goes into the app's own schema. */
export const runtimeConfigSchema = z.object({
  KAFKA_BROKERS: commaList(),
  /** Of topics that this app creates; topics that exist stay as they are. */
  KAFKA_PARTITIONS: z.coerce.number().int().min(1).max(1_000).default(6),
  KAFKA_REPLICATION_FACTOR: z.coerce.number().int().min(1).max(9).default(1),
  DATABASE_URL: secret(),
  SLIPWAY_HTTP_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

export type RuntimeConfig = z.output<typeof runtimeConfigSchema>;
