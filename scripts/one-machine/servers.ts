import { freshKeys } from '#libs/secrets';
import { startBrokers } from './kafka.js';
import type { Ledger } from './ledger.js';
import type { RunningPart } from './part.js';
import { startPostgres } from './postgres.js';
import type { Report } from './set-up.js';
import { cacheDirectory, claimSlot } from './slot.js';

export interface Servers {
  /** What apps need to reach them, with keys that were just made. */
  readonly env: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
}

/** Kafka and PostgreSQL without nodes, for apps that touch none. They end with `stops`. */
export async function startServers(stops: AsyncDisposableStack, report: Report): Promise<Servers> {
  const slot = await claimSlot();
  stops.defer(() => slot.release());
  const setUp = { slot, cache: cacheDirectory(), report, breakable: false };
  const started = await Promise.allSettled([startBrokers(setUp), startPostgres(setUp)]);
  const parts: RunningPart[] = [];
  for (const part of started) {
    if (part.status === 'rejected') continue;
    parts.push(part.value);
    stops.defer(() => part.value.stop());
  }
  for (const part of started) if (part.status === 'rejected') throw part.reason;
  const env = Object.assign({}, process.env, freshKeys(), ...parts.map((part) => part.env)) as Servers['env'];
  return { env, ledger: slot.ledger };
}
