import type { Pool } from '#libs/postgres';
import type { Account } from '../domain/billing.js';
import type { Accounts, KeptAccount } from '../ports.js';

interface Row {
  readonly appId: string;
  readonly cost: number;
  readonly account: Account;
  readonly billedAt: Date;
}

export class PostgresAccounts implements Accounts {
  constructor(private readonly pool: Pool) {}

  async all(): Promise<readonly KeptAccount[]> {
    const { rows } = await this.pool.query<Row>(
      'SELECT app_id AS "appId", cost, account, billed_at AS "billedAt" FROM accounts ORDER BY app_id',
    );
    return rows.map((row) => ({ ...row, billedAt: row.billedAt.getTime() }));
  }

  async keep({ appId, cost, account, billedAt }: KeptAccount): Promise<void> {
    await this.pool.query(
      `INSERT INTO accounts (app_id, cost, account, billed_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (app_id) DO UPDATE
         SET cost = EXCLUDED.cost, account = EXCLUDED.account, billed_at = EXCLUDED.billed_at`,
      [appId, cost, JSON.stringify(account), new Date(billedAt)],
    );
  }
}
