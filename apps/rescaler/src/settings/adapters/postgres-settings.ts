import type { RescalingSettings, SettingsVersion } from '#libs/contracts';
import type { Placed } from '#libs/http';
import { jsonTime, type Pool, transaction } from '#libs/postgres';
import type { SettingsRecord } from '../ports.js';

interface Row {
  readonly version: number;
  readonly settings: RescalingSettings;
  readonly principal: string;
  readonly reason: string | null;
  readonly at: string;
}

const COLUMNS = `version, settings, principal, reason, ${jsonTime('changed_at')} AS at`;
const NEWEST = `SELECT ${COLUMNS} FROM settings_versions ORDER BY version DESC LIMIT 1`;
/** Before anybody has configured anything. */
const UNCHANGED: SettingsVersion = { version: 0, settings: {}, principal: 'slipway' };

const shown = ({ reason, ...row }: Row): SettingsVersion => ({ ...row, ...(reason !== null && { reason }) });

export class PostgresSettings implements SettingsRecord {
  constructor(private readonly pool: Pool) {}

  async current(): Promise<SettingsVersion> {
    const { rows } = await this.pool.query<Row>(NEWEST);
    return rows[0] ? shown(rows[0]) : UNCHANGED;
  }

  change(
    { principal, reason }: { readonly principal: string; readonly reason?: string },
    change: (before: RescalingSettings) => RescalingSettings,
  ): Promise<SettingsVersion> {
    return transaction(this.pool, async (tx) => {
      await tx.query('LOCK TABLE settings_versions IN SHARE ROW EXCLUSIVE MODE');
      const { rows } = await tx.query<Row>(NEWEST);
      const before = rows[0] ?? UNCHANGED;
      const settings = change(before.settings as RescalingSettings);
      const { rows: stored } = await tx.query<Row>(
        `INSERT INTO settings_versions (version, settings, principal, reason) VALUES ($1, $2, $3, $4)
         RETURNING ${COLUMNS}`,
        [before.version + 1, JSON.stringify(settings), principal, reason ?? null],
      );
      return stored[0] ? shown(stored[0]) : UNCHANGED;
    });
  }

  async versions(most: number, [after]: readonly string[] = []): Promise<readonly Placed<SettingsVersion>[]> {
    const { rows } = await this.pool.query<Row>(
      `SELECT ${COLUMNS} FROM settings_versions WHERE $1::integer IS NULL OR version < $1
       ORDER BY version DESC LIMIT $2`,
      [after, most],
    );
    return rows.map((row) => ({ item: shown(row), place: [String(row.version)] }));
  }
}
