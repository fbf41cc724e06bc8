import type { Pool } from '#libs/postgres';

/** Notified where a request waits for services without an instance: with their ids, as JSON. */
export const WAKES_CHANNEL = 'traffic_wakes';

/** Notified where an operator has set a weight, or ended one. */
export const OVERRIDES_CHANNEL = 'traffic_overrides';

/** Postgres takes 7,999 bytes. */
const MOST_BYTES = 7_000;

/** Tells every replica that listens. Ids of services are `<appId>/<service>`. */
export async function sayWakes(pool: Pool, services: readonly string[]): Promise<void> {
  for (const payload of payloadsOf(services))
    await pool.query('SELECT pg_notify($1, $2)', [WAKES_CHANNEL, payload]);
}

/** Several where one would be too long. */
export function payloadsOf(services: readonly string[]): readonly string[] {
  const all: string[][] = [];
  let bytes = 0;
  for (const service of services) {
    const more = Buffer.byteLength(JSON.stringify(service)) + 1;
    if (all.length === 0 || bytes + more > MOST_BYTES) {
      all.push([]);
      bytes = 2;
    }
    all.at(-1)?.push(service);
    bytes += more;
  }
  return all.map((some) => JSON.stringify(some));
}

/** The ids in a payload; none where it is another one's, or there is none, as after a lost connection. */
export function wakesIn(payload: string | undefined): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(payload ?? '[]');
    return Array.isArray(parsed) ? parsed.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}
