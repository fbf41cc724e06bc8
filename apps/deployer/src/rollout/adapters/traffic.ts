import { TrafficWatch } from '#libs/registry-client';
import type { Listener, Pool } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';
import type { Traffic } from '../ports.js';

/** Those who hold a lease as carriers of traffic, by the registry. */
export async function watchTraffic(parts: {
  readonly pool: Pool;
  readonly listener: Listener;
  readonly logger: Logger;
}): Promise<Traffic> {
  const watch = new TrafficWatch(parts);
  await watch.start();
  return {
    async untilDrained(instance, timeoutMs, signal) {
      const end = await watch.untilDrained(instance, { timeoutMs, signal });
      if (end.applied) return end.carriers;
      const { behind } = end;
      parts.logger.warn({ instance, behind }, 'an instance is stopped before all carriers have let go of it');
      return undefined;
    },
  };
}
