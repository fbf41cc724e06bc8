import { Recurring, type Runtime } from '#libs/runtime';
import { PostgresSettings } from './adapters/postgres-settings.js';
import { FollowedSettings } from './current-settings.js';

const REFRESH_MS = 1_000;

/** What is configured while the rescaler runs. */
export function createSettings({ pool, logger }: Pick<Runtime, 'pool' | 'logger'>) {
  const record = new PostgresSettings(pool);
  const followed = new FollowedSettings({
    record,
    onError: (err) => logger.warn({ err }, 'settings are not read now; those of before count'),
  });
  const refreshing = new Recurring(REFRESH_MS, () => followed.refresh());
  return {
    ...{ record, followed },
    async start(): Promise<void> {
      await followed.refresh();
      refreshing.start();
    },
    stop: () => refreshing.stop(),
  };
}
