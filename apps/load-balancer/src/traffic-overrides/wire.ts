import type { DatabaseRuntime } from '#libs/runtime';
import { PostgresOverrides } from './adapters/postgres-overrides.js';
import { CurrentOverrides } from './adapters/current-overrides.js';
import type { OverrideRecord } from './ports.js';

interface OverridesParts {
  readonly runtime: Pick<DatabaseRuntime, 'pool' | 'listener' | 'logger' | 'clock'>;
  readonly onChanged: () => void;
}

interface Overrides {
  readonly record: OverrideRecord;
  readonly current: Pick<CurrentOverrides, 'version' | 'current'>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Weights that operators set for instances, at all gateways. */
export function createOverrides({ runtime, onChanged }: OverridesParts): Overrides {
  const { pool, listener, logger, clock } = runtime;
  const record = new PostgresOverrides(pool);
  const current = new CurrentOverrides({
    ...{ record, listener, onChanged, now: () => clock.now().getTime() },
    onError: (err) => logger.warn({ err }, 'the weights that operators have set are not known anew'),
  });
  return { record, current, start: () => current.start(), stop: () => current.stop() };
}
