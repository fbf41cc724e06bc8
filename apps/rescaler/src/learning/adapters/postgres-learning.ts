import { limitsLearned } from '#libs/contracts';
import { type Outbox, type Pool, transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import { isWorthTelling, type StartingLimits, type UsedLately } from '../domain/learned.js';

export interface UsedByService extends UsedLately {
  readonly appId: string;
  readonly service: string;
}

/** Of the hour: loads that come at certain minutes are among them. */
const USED = `
  SELECT one.app_id AS "appId", one.service, count(*)::integer AS spans,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY one.cpu) AS cpu, max(one.memory) AS memory
  FROM limit_figures figures,
    unnest(figures.app_ids, figures.services, figures.cpu_used, figures.memory_used) AS one (app_id, service, cpu, memory)
  WHERE figures.begun > now() - interval '1 hour' AND one.app_id <> ''
  GROUP BY one.app_id, one.service ORDER BY one.app_id, one.service`;

/** The deployer takes it no more often either. */
const APART = `interval '10 minutes'`;

export class PostgresLearning {
  constructor(private readonly parts: { readonly pool: Pool; readonly outbox: Outbox }) {}

  async used(): Promise<readonly UsedByService[]> {
    return (await this.parts.pool.query<UsedByService>(USED)).rows;
  }

  /** Tells the deployer, where that is due. */
  async tell(
    { appId, service }: { readonly appId: string; readonly service: string },
    limits: StartingLimits,
    now: Date,
  ): Promise<boolean> {
    const { pool, outbox } = this.parts;
    return transaction(pool, async (tx) => {
      const { rows } = await tx.query<StartingLimits & { readonly isDue: boolean }>(
        `SELECT cpu, memory_mib AS "memoryMiB", told_at < now() - ${APART} AS "isDue"
         FROM learned_limits WHERE app_id = $1 AND service = $2 FOR UPDATE`,
        [appId, service],
      );
      const [before] = rows;
      if (before?.isDue === false || !isWorthTelling(before, limits)) return false;
      await tx.query(
        `INSERT INTO learned_limits (app_id, service, cpu, memory_mib, told_at) VALUES ($1, $2, $3, $4, now())
         ON CONFLICT (app_id, service) DO UPDATE
           SET cpu = EXCLUDED.cpu, memory_mib = EXCLUDED.memory_mib, told_at = EXCLUDED.told_at`,
        [appId, service, limits.cpu, limits.memoryMiB],
      );
      const reason = `used in the last hour, and 15 % more: ${limits.cpu} cores, ${limits.memoryMiB} MiB`;
      await outbox.add(tx, [
        outgoing(limitsLearned, { appId, service, limits, learnedAt: now.toISOString(), reason }),
      ]);
      return true;
    });
  }
}
