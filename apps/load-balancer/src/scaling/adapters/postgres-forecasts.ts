import type { Pool } from '#libs/postgres';
import type { Expected } from '../domain/decision.js';
import { expectedOf, historyOf } from '../domain/expected.js';
import type { Policy } from '../domain/policy.js';
import { COARSE_SECONDS, type Recorded } from '../domain/recorded.js';
import type { Forecasts, ServiceName } from '../ports.js';

/** Four weeks: the seasons of a forecast look no further back. */
const HISTORY_DAYS = 28;
const MINUTE_MS = 60_000;
/** Nobody asked for it for so long: its policy is gone, or another replica decides. */
const FORGET_MS = 600_000;

interface Forecasted {
  minute: number;
  expected: Expected | undefined;
  usedAt: number;
}

interface Parts {
  readonly pool: Pool;
  readonly onError: (error: unknown) => void;
}

/** Forecasts from the minutes that are kept, made once a minute beside the decisions: those take the latest one. */
export class PostgresForecasts implements Forecasts {
  private readonly services = new Map<string, Forecasted>();

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
      this.make(service, policy, now).then(
        (expected) => (known.expected = expected),
        (error: unknown) => this.parts.onError(error),
      );
    }
    // One that could not be made anew is of no use once its time is over.
    return known.expected !== undefined && known.expected.at + MINUTE_MS < now ? undefined : known.expected;
  }

  private async make(
    { appId, service }: ServiceName,
    policy: Policy,
    now: number,
  ): Promise<Expected | undefined> {
    const { rows } = await this.parts.pool.query<{ figures: Recorded }>(
      `SELECT figures FROM scaling_figures
       WHERE app_id = $1 AND service = $2 AND seconds = ${COARSE_SECONDS} AND at >= $3 ORDER BY at`,
      [appId, service, new Date(now - HISTORY_DAYS * 24 * 60 * MINUTE_MS)],
    );
    return expectedOf(
      historyOf(
        rows.map(({ figures }) => figures),
        now,
      ),
      policy,
      now,
    );
  }
}
