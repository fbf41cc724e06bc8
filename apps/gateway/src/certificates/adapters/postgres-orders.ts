import { X509Certificate } from 'node:crypto';
import { type Pool, type Transaction, transaction } from '#libs/postgres';
import { type AtRestKeys, decryptAtRest, encryptAtRest } from '#libs/secrets';
import type { Challenge, Order, Orders } from '../ports.js';
import { factsOf } from './read-pem.js';

/** Notified when a certificate has come. */
export const CERTIFICATES_CHANNEL = 'gateway_certificates';
/** An authority asks within seconds; it keeps an authorization open for days. */
const CHALLENGE_MINUTES = 60;
const LONGEST_MESSAGE = 1_000;

/** Another gateway orders. */
export class LeaseLostError extends Error {
  readonly code = 'LEASE_LOST';
}

interface OrdersParts {
  readonly pool: Pool;
  readonly keys: AtRestKeys;
  /** Of this process, not of its replica: one that is started again is another one. */
  readonly holder: string;
  readonly leaseMs: number;
}

/** Orders in the gateway's schema. Each write holds the lease's row, so that no other gateway takes over meanwhile. */
export class PostgresOrders implements Orders {
  private fence: string | undefined;

  constructor(private readonly parts: OrdersParts) {}

  async lead(): Promise<boolean> {
    const { pool, holder, leaseMs } = this.parts;
    const { rows } = await pool.query<{ fence: string }>(
      `INSERT INTO ordering_lease AS known (holder, fence, lease_until)
       VALUES ($1, 1, clock_timestamp() + $2 * interval '1 ms')
       ON CONFLICT (is_the_one) DO UPDATE
         SET holder = $1, lease_until = EXCLUDED.lease_until,
             fence = CASE WHEN known.holder = $1 THEN known.fence ELSE known.fence + 1 END
         WHERE known.holder = $1 OR known.lease_until < clock_timestamp()
       RETURNING fence`,
      [holder, leaseMs],
    );
    this.fence = rows[0]?.fence;
    return this.fence !== undefined;
  }

  async resign(): Promise<void> {
    const { pool, holder } = this.parts;
    this.fence = undefined;
    await pool.query(`UPDATE ordering_lease SET lease_until = '-infinity' WHERE holder = $1`, [holder]);
  }

  async open(host: string): Promise<Order | undefined> {
    const { pool, keys } = this.parts;
    const { rows } = await pool.query<{ url: string; key_encrypted: string }>(
      'SELECT url, key_encrypted FROM certificate_orders WHERE host = $1 AND url IS NOT NULL',
      [host],
    );
    const [row] = rows;
    // An order whose key rests under a key that is gone is of no use: another one is begun.
    const key = row && (await decryptAtRest(keys, row.key_encrypted).catch(() => undefined));
    return row && typeof key === 'string' ? { host, url: row.url, key } : undefined;
  }

  async began({ host, url, key }: Order): Promise<void> {
    const encrypted = await encryptAtRest(this.parts.keys, key);
    await this.asLeader((session) =>
      session.query(
        `INSERT INTO certificate_orders (host, url, key_encrypted) VALUES ($1, $2, $3)
         ON CONFLICT (host) DO UPDATE SET url = EXCLUDED.url, key_encrypted = EXCLUDED.key_encrypted`,
        [host, url, encrypted],
      ),
    );
  }

  async publish(host: string, { token, answer }: Challenge): Promise<void> {
    await this.asLeader(async (session) => {
      await session.query('DELETE FROM acme_challenges WHERE expires_at < now()');
      await session.query(
        `INSERT INTO acme_challenges (token, host, answer, expires_at)
         VALUES ($1, $2, $3, now() + $4 * interval '1 minute')
         ON CONFLICT (token) DO UPDATE SET answer = EXCLUDED.answer, expires_at = EXCLUDED.expires_at`,
        [token, host, answer, CHALLENGE_MINUTES],
      );
    });
  }

  async succeeded({ host, key }: Order, chain: string): Promise<void> {
    const { notAfterMs } = factsOf(new X509Certificate(chain));
    const encrypted = await encryptAtRest(this.parts.keys, key);
    await this.asLeader(async (session) => {
      await session.query(
        `INSERT INTO certificates (host, chain, key_encrypted, not_after)
         VALUES ($1, $2, $3, to_timestamp($4 / 1000.0))
         ON CONFLICT (host) DO UPDATE SET chain = EXCLUDED.chain, key_encrypted = EXCLUDED.key_encrypted,
           not_after = EXCLUDED.not_after, issued_at = now()`,
        [host, chain, encrypted, notAfterMs],
      );
      await session.query('DELETE FROM certificate_orders WHERE host = $1', [host]);
      await session.query('DELETE FROM acme_challenges WHERE host = $1', [host]);
      await session.query('SELECT pg_notify($1, $2)', [CERTIFICATES_CHANNEL, host]);
    });
  }

  async failed(
    host: string,
    { code, message, nextMs, isOver }: Parameters<Orders['failed']>[1],
  ): Promise<void> {
    await this.asLeader((session) =>
      session.query(
        `INSERT INTO certificate_orders AS known (host, failures, next_at, error_code, error_message, failed_at)
         VALUES ($1, 1, to_timestamp($2 / 1000.0), $3, $4, now())
         ON CONFLICT (host) DO UPDATE SET failures = known.failures + 1, next_at = EXCLUDED.next_at,
           error_code = EXCLUDED.error_code, error_message = EXCLUDED.error_message, failed_at = now(),
           url = CASE WHEN $5 THEN NULL ELSE known.url END,
           key_encrypted = CASE WHEN $5 THEN NULL ELSE known.key_encrypted END`,
        [host, nextMs, code, message.slice(0, LONGEST_MESSAGE), isOver],
      ),
    );
  }

  private async asLeader(work: (session: Transaction) => Promise<unknown>): Promise<void> {
    const { pool, holder } = this.parts;
    await transaction(pool, async (session) => {
      const { rowCount } = await session.query(
        `SELECT FROM ordering_lease
         WHERE holder = $1 AND fence = $2 AND lease_until > clock_timestamp() FOR SHARE`,
        [holder, this.fence ?? '0'],
      );
      if (rowCount === 0) throw new LeaseLostError('another gateway orders certificates now');
      await work(session);
    });
  }
}
