import {
  createLogger,
  createMetrics,
  Health,
  type Logger,
  type Metrics,
  startTracing,
  type Tracing,
} from '#libs/telemetry';
import type { BareConfig } from './runtime-config.js';

/** The app's name is also in its logs and metrics. */
export interface BareOptions {
  readonly app: string;
  readonly replica: string;
  readonly config: BareConfig;
}

/** What every app stands on, whatever servers it uses. */
export interface BareRuntime {
  readonly options: BareOptions;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  close(): Promise<void>;
}

/** For an app that needs neither a database nor Kafka. */
export async function openBareRuntime(options: BareOptions): Promise<BareRuntime> {
  const { app, replica, config } = options;
  const logger = createLogger({ app, replica, level: config.LOG_LEVEL });
  const tracing = await startTracing({ service: app, replica, env: config, logger });
  return {
    ...{ options, logger, tracing, health: new Health(), metrics: createMetrics(app) },
    close: () => tracing.stop(),
  };
}
