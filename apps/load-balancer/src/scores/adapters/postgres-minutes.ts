import type { Pool } from '#libs/postgres';
import { partNames } from '../domain/overall.js';
import type { ScoreMinute } from '../domain/score-minutes.js';
import type { KeptMinutes } from '../ports.js';

/** A table in partitions by day. */
export const SCORE_MINUTES = 'score_minutes';

const FIGURES = ['overall', ...partNames].flatMap((name) => [`${name}_mean`, `${name}_least`]);
const UPDATES = ['node', 'seconds', ...FIGURES].map((column) => `${column} = EXCLUDED.${column}`);

/** Of a minute that several replicas had a part of, or that comes again, the row stays that knows most seconds of it. */
const STORE = `
  INSERT INTO ${SCORE_MINUTES} AS known
  SELECT * FROM json_populate_recordset(NULL::${SCORE_MINUTES}, $1)
  ON CONFLICT (app_id, service, minute, instance) DO UPDATE SET ${UPDATES.join(', ')}
  WHERE EXCLUDED.seconds > known.seconds`;

export class PostgresMinutes implements KeptMinutes {
  constructor(private readonly pool: Pool) {}

  async store(minutes: readonly ScoreMinute[]): Promise<void> {
    await this.pool.query(STORE, [JSON.stringify(minutes.map(rowOf))]);
  }
}

function rowOf({ appId, service, instance, node, beginMs, seconds, overall, parts }: ScoreMinute): object {
  const spreads = Object.entries({ overall, ...parts }).flatMap(([name, { mean, least }]) => [
    [`${name}_mean`, mean],
    [`${name}_least`, least],
  ]);
  return {
    ...{ app_id: appId, service, instance, node, seconds },
    minute: new Date(beginMs).toISOString(),
    ...Object.fromEntries(spreads),
  };
}
