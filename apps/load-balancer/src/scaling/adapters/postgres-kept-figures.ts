import type { Pool } from '#libs/postgres';
import { COARSE_SECONDS, FINE_SECONDS, type Recorded } from '../domain/recorded.js';
import type { KeptFigures, ServiceName } from '../ports.js';

/** Reads what `PostgresScalingRecord` wrote. */
export class PostgresKeptFigures implements KeptFigures {
  constructor(private readonly pool: Pool) {}

  async finest({ appId, service }: ServiceName, from: number, to: number): Promise<readonly Recorded[]> {
    const { rows } = await this.pool.query<{ figures: Recorded }>(
      `SELECT figures FROM scaling_figures minute
       WHERE app_id = $1 AND service = $2 AND at >= $3 AND at < $4
         AND (seconds = ${FINE_SECONDS} OR seconds = ${COARSE_SECONDS} AND NOT EXISTS (
           SELECT FROM scaling_figures fine
           WHERE fine.app_id = $1 AND fine.service = $2 AND fine.seconds = ${FINE_SECONDS}
             AND fine.at >= minute.at AND fine.at < minute.at + ${COARSE_SECONDS} * interval '1 s'))
       ORDER BY at`,
      [appId, service, new Date(from), new Date(to)],
    );
    return rows.map(({ figures }) => figures);
  }

  async minutes({ appId, service }: ServiceName, from: number, to: number): Promise<readonly Recorded[]> {
    const { rows } = await this.pool.query<{ figures: Recorded }>(
      `SELECT figures FROM scaling_figures
       WHERE app_id = $1 AND service = $2 AND seconds = ${COARSE_SECONDS} AND at >= $3 AND at < $4 ORDER BY at`,
      [appId, service, new Date(from), new Date(to)],
    );
    return rows.map(({ figures }) => figures);
  }
}
