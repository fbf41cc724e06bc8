import type { Pool } from '#libs/postgres';
import { type AtRestKeys, decryptAtRest, encryptAtRest } from '#libs/secrets';
import { type AcmeAccounts, freshKey } from './acme-authority.js';

/** Accounts at authorities, in the gateway's schema: one for all gateways. */
export class PostgresAccounts implements AcmeAccounts {
  constructor(
    private readonly pool: Pool,
    private readonly keys: AtRestKeys,
  ) {}

  async open(directoryUrl: string): Promise<{ readonly key: string; readonly url?: string }> {
    await this.pool.query(
      'INSERT INTO acme_accounts (directory, key_encrypted) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [directoryUrl, await encryptAtRest(this.keys, freshKey())],
    );
    const { rows } = await this.pool.query<{ key_encrypted: string; url: string | null }>(
      'SELECT key_encrypted, url FROM acme_accounts WHERE directory = $1',
      [directoryUrl],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('an account was deleted while it was opened');
    const key = String(await decryptAtRest(this.keys, row.key_encrypted));
    return { key, ...(row.url !== null && { url: row.url }) };
  }

  async taken(directoryUrl: string, url: string): Promise<void> {
    await this.pool.query('UPDATE acme_accounts SET url = $2 WHERE directory = $1', [directoryUrl, url]);
  }
}
