import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DatabaseRuntime, renewColumn } from '#libs/runtime';
import { parseAtRestKeys } from '#libs/secrets';
import { feedOf, type GatewayConfig } from '../gateway.config.js';
import { AcmeAuthority } from './adapters/acme-authority.js';
import { PostgresAccounts } from './adapters/postgres-accounts.js';
import { PostgresIssued } from './adapters/postgres-issued.js';
import { PostgresOrders } from './adapters/postgres-orders.js';

/** So long nobody orders after the gateway that did was killed. */
const LEASE_MS = 10_000;

/** An authority, and what is kept of its certificates. */
export interface OpenAuthority {
  readonly issued: PostgresIssued;
  readonly orders: PostgresOrders;
  readonly acme: AcmeAuthority;
}

/** Whether an authority is asked. One at the edge orders nothing: it has no database. */
export const asksAuthority = (config: GatewayConfig): boolean =>
  feedOf(config) === undefined &&
  config.GATEWAY_ACME_URL !== undefined &&
  config.SLIPWAY_CERTIFICATE_KEY !== undefined;

/** Undefined where none is configured. */
export async function openAuthority(
  { pool, logger }: Pick<DatabaseRuntime, 'pool' | 'logger'>,
  config: GatewayConfig,
  { firstPauseMs }: { readonly firstPauseMs: number },
): Promise<OpenAuthority | undefined> {
  const {
    GATEWAY_ACME_URL: directoryUrl,
    SLIPWAY_CERTIFICATE_KEY: key,
    GATEWAY_ACME_CA_FILE: caFile,
  } = config;
  if (directoryUrl === undefined || key === undefined) return undefined;
  const keys = parseAtRestKeys(key.reveal());
  for (const table of ['acme_accounts', 'certificates', 'certificate_orders'])
    await renewColumn({ pool, logger }, { table, column: 'key_encrypted', keys });
  const issued = new PostgresIssued(pool, keys, (host, err) =>
    logger.error({ host, err }, 'the private key of a certificate rests under a key that is not configured'),
  );
  const holder = `${config.GATEWAY_REPLICA}/${randomUUID().slice(0, 8)}`;
  const { GATEWAY_ACME_BINDING_KEY_ID: keyId, GATEWAY_ACME_BINDING_KEY: binding } = config;
  const acme = new AcmeAuthority(
    {
      ...{
        directoryUrl,
        acceptsTerms: config.GATEWAY_ACME_ACCEPT_TERMS,
        contact: config.GATEWAY_ACME_CONTACT,
      },
      ...(keyId !== undefined && binding && { binding: { keyId, key: binding.reveal() } }),
      firstPauseMs,
      ...(caFile !== undefined && { ca: readFileSync(caFile, 'utf8') }),
    },
    new PostgresAccounts(pool, keys),
  );
  const orders = new PostgresOrders({ pool, keys, holder, leaseMs: LEASE_MS });
  return { issued, orders, acme };
}
