import { X509Certificate } from 'node:crypto';
import type { Pool, Retention } from '#libs/postgres';
import { type AtRestKeys, decryptAtRest } from '#libs/secrets';
import type { Certificate } from '../domain/certificate.js';
import type { HostState, IssuedCertificates } from '../ports.js';
import { fileId } from './file-id.js';
import { factsOf } from './read-pem.js';

interface CertificateRow {
  readonly host: string;
  readonly chain: string;
  readonly key_encrypted: string;
}

interface OrderRow {
  readonly host: string;
  readonly failures: number;
  readonly next_ms: number;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly failed_ms: number | null;
}

/** Of hosts that nobody asks for any more: others are renewed long before. */
export const expiredCertificates = (keepMs: number): Retention => ({
  table: 'certificates',
  column: 'not_after',
  keepMs,
});

/** Of hosts that failed last, and that nobody asks for any more: others are tried twice a day. */
export const oldFailures = (keepMs: number): Retention => ({
  table: 'certificate_orders',
  column: 'failed_at',
  keepMs,
});

/** Certificates in the gateway's schema. */
export class PostgresIssued implements IssuedCertificates {
  /** By host; without a certificate where its row cannot be opened. */
  private known: ReadonlyMap<string, { readonly version: string; readonly certificate?: Certificate }> =
    new Map();

  constructor(
    private readonly pool: Pool,
    private readonly keys: AtRestKeys,
    /** Told of a row that cannot be opened, once. */
    private readonly onClosed: (host: string, error: unknown) => void,
  ) {}

  async read(): Promise<readonly Certificate[]> {
    const { rows } = await this.pool.query<{ host: string; version: string }>(
      `SELECT host, issued_at::text AS version FROM certificates ORDER BY host`,
    );
    const changed = rows.filter(({ host, version }) => this.known.get(host)?.version !== version);
    const opened = await this.openAll(changed.map(({ host }) => host));
    const entries = rows.flatMap(({ host, version }) => {
      const known = this.known.get(host);
      if (known?.version === version) return [[host, known] as const];
      return [[host, { version, certificate: opened.get(host) }] as const];
    });
    this.known = new Map(entries);
    return entries.flatMap(([, { certificate }]) => certificate ?? []);
  }

  async states(): Promise<readonly HostState[]> {
    const { rows } = await this.pool.query<OrderRow>(
      `SELECT host, failures, error_code, error_message,
              CASE WHEN isfinite(next_at) THEN extract(epoch FROM next_at)::float8 * 1000 ELSE 0 END AS next_ms,
              extract(epoch FROM failed_at)::float8 * 1000 AS failed_ms
       FROM certificate_orders`,
    );
    return rows.map(({ host, failures, next_ms: nextMs, ...error }) => ({
      ...{ host, failures, nextMs },
      ...(error.error_code !== null && {
        lastError: { code: error.error_code, message: error.error_message ?? '', atMs: error.failed_ms ?? 0 },
      }),
    }));
  }

  async answerTo(token: string): Promise<string | undefined> {
    const { rows } = await this.pool.query<{ answer: string }>(
      'SELECT answer FROM acme_challenges WHERE token = $1 AND expires_at > now()',
      [token],
    );
    return rows[0]?.answer;
  }

  private async openAll(hosts: readonly string[]): Promise<ReadonlyMap<string, Certificate>> {
    if (hosts.length === 0) return new Map();
    const { rows } = await this.pool.query<CertificateRow>(
      'SELECT host, chain, key_encrypted FROM certificates WHERE host = ANY ($1)',
      [hosts],
    );
    const opened = new Map<string, Certificate>();
    for (const row of rows) {
      try {
        opened.set(row.host, await this.opened(row));
      } catch (error) {
        this.onClosed(row.host, error);
      }
    }
    return opened;
  }

  private async opened({ host, chain, key_encrypted }: CertificateRow): Promise<Certificate> {
    const key = String(await decryptAtRest(this.keys, key_encrypted));
    const pem = `${chain.trimEnd()}\n${key.trimEnd()}\n`.replaceAll(/\n{2,}/g, '\n');
    return { ...factsOf(new X509Certificate(chain)), id: fileId('acme', host), source: 'acme', pem };
  }
}
