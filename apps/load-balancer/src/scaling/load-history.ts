import { HISTORY_MS, LoadMinutes, MINUTE_MS } from './domain/load-minutes.js';
import type { KeptFigures, ServiceName } from './ports.js';

/** So much at a time: memory does not grow, and other work goes on between. */
const DAY_MS = 86_400_000;

/** The minutes of the four weeks before a time. */
export async function loadsBefore(
  figures: KeptFigures,
  service: ServiceName,
  now: number,
): Promise<LoadMinutes> {
  const minutes = new LoadMinutes();
  const end = now - (now % MINUTE_MS);
  for (let from = end - HISTORY_MS; from < end; from += DAY_MS)
    minutes.add(await figures.minutes(service, from, Math.min(end, from + DAY_MS)));
  return minutes;
}
