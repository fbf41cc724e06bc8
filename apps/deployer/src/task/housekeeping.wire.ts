import { Recurring, type Runtime } from '#libs/runtime';
import type { Chore } from './ports.js';

const EVERY_MS = 300_000;

/** Removes now and then what killed processes and ended tasks left: each replica on its machine. */
export function createHousekeeping(chores: readonly Chore[], { logger }: Pick<Runtime, 'logger'>): Recurring {
  const done = async ({ what, builder, work }: Chore): Promise<void> => {
    try {
      const removed = await work();
      if (removed > 0) logger.info({ what, builder, removed }, 'leftovers removed');
    } catch (err) {
      logger.warn({ err, what, builder }, 'leftovers could not be removed');
    }
  };
  return new Recurring(EVERY_MS, async () => {
    await Promise.all(chores.map(done));
  });
}
