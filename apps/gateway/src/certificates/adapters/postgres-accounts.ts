import type { Pool } from '#libs/postgres';
import { type AtRestKeys, decryptAtRest, encryptAtRest } from '#libs/secrets';
import { type AcmeAccounts, freshKey } from './acme-authority.js';

/** Accounts at authorities, in the gateway's schema: one for all gateways. */
export class PostgresAccounts implements AcmeAccounts {
  constructor(
    private readonly pool: Pool,
    private readonly keys: AtRestKeys,
  ) {}

  async keyFor(directoryUrl: string): Promise<string> {
    await this.pool.query(
      'INSERT INTO acme_accounts (directory, key_encrypted) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [directoryUrl, await encryptAtRest(this.keys, freshKey())],
    );
    const { rows } = await this.pool.query<{ key_encrypted: string }>(
      'SELECT key_encrypted FROM acme_accounts WHERE directory = $1',
      [directoryUrl],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('an account was deleted while it was opened');
    return String(await decryptAtRest(this.keys, row.key_encrypted));
  }
}
