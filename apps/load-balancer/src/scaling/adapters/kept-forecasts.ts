import type { Expected } from '../domain/decision.js';
import { expectedOf } from '../domain/expected.js';
import { type LoadMinutes, MINUTE_MS } from '../domain/load-minutes.js';
import type { Policy } from '../domain/policy.js';
import { loadsBefore } from '../load-history.js';
import type { Forecasts, KeptFigures, ServiceName } from '../ports.js';

/** Minutes are written some seconds after they end, and by another replica up to an hour later. */
const LATE_MS = 3_600_000;
/** Nobody asked for it for so long: its policy is gone, or another replica decides. */
const FORGET_MS = 600_000;

interface Forecasted {
  minute: number;
  expected: Expected | undefined;
  usedAt: number;
  /** With the time until which they were read. */
  read?: { readonly loads: LoadMinutes; readonly until: number };
}

interface Parts {
  readonly figures: KeptFigures;
  readonly onError: (error: unknown) => void;
}

/** Forecasts from the minutes that are kept, made once a minute beside the decisions: those take the latest one. */
export class KeptForecasts implements Forecasts {
  private readonly services = new Map<string, Forecasted>();
  /** One after another: four weeks of minutes are read when a service comes to this replica. */
  private latest: Promise<void> = Promise.resolve();

  constructor(private readonly parts: Parts) {}

  expected(service: ServiceName, policy: Policy, now: number): Expected | undefined {
    const key = `${service.appId}/${service.service}`;
    const minute = Math.floor(now / MINUTE_MS);
    for (const [other, { usedAt }] of this.services)
      if (now - usedAt > FORGET_MS) this.services.delete(other);
    const known = this.services.get(key) ?? { minute: -1, expected: undefined, usedAt: now };
    known.usedAt = now;
    this.services.set(key, known);
    if (known.minute !== minute) {
      known.minute = minute;
      this.latest = this.latest
        .then(() => this.renew(known, service, policy, now))
        .catch((error: unknown) => this.parts.onError(error));
    }
    // One that could not be made anew is of no use once its time is over.
    return known.expected !== undefined && known.expected.at + MINUTE_MS < now ? undefined : known.expected;
  }

  private async renew(known: Forecasted, service: ServiceName, policy: Policy, now: number): Promise<void> {
    const loads = await this.loads(known, service, now);
    known.read = { loads, until: now };
    known.expected = expectedOf(loads.until(now), policy, now);
  }

  private async loads({ read }: Forecasted, service: ServiceName, now: number): Promise<LoadMinutes> {
    const { figures } = this.parts;
    if (read === undefined) return loadsBefore(figures, service, now);
    read.loads.add(await figures.minutes(service, read.until - LATE_MS, now));
    return read.loads;
  }
}
