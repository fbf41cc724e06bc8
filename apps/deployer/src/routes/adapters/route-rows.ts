import { patternOf, serviceRoutesChanged, type ServiceRoutesChange, type TaskError } from '#libs/contracts';
import { type OutboxMessage, together, type Transaction } from '#libs/postgres';
import { outgoing } from '#libs/runtime';
import { type Claim, type OfService, routeTaken } from '../domain/route-conflicts.js';
import { headerNamesOf, tooManyHeaders } from '../domain/route-headers.js';
import { placesOf, type ServiceRoutes } from '../domain/service-routes.js';
import type { Author } from '../ports.js';

/** Held until the end of the transaction by whoever takes places: so of two who want the same one, one has it. */
export const lockClaims = (tx: Transaction): Promise<unknown> =>
  tx.query(`SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.routes', 0))`);

/** Holds the row. */
export async function storedRoutes(
  tx: Transaction,
  { appId, service }: OfService,
): Promise<ServiceRoutes | undefined> {
  const { rows } = await tx.query<{ state: ServiceRoutes }>(
    'SELECT state FROM service_routes WHERE app_id = $1 AND service = $2 FOR UPDATE',
    [appId, service],
  );
  return rows[0]?.state;
}

/** Why the service cannot have these routes. The caller has `lockClaims`. */
export async function whyTaken(
  tx: Transaction,
  of: OfService,
  routes: ServiceRoutes,
  domain: string,
): Promise<TaskError | undefined> {
  const places = placesOf(routes);
  if (places.length === 0) return undefined;
  const hosts = places.map(({ host }) => host);
  const [claims, services] = await together(
    tx.query<Claim>(
      `SELECT host, path, app_id AS "appId", service FROM route_claims
       WHERE pattern = ANY ($1) AND (host = ANY ($2) OR host = pattern OR pattern = ANY ($2))
         AND (app_id, service) <> ($3, $4)
       ORDER BY host, path`,
      [[...new Set(hosts.map(patternOf))], hosts, of.appId, of.service],
    ),
    tx.query<{ service: string }>('SELECT service FROM specs WHERE app_id = $1', [of.appId]),
  );
  const elsewhere = { claims: claims.rows, services: services.rows.map(({ service }) => service), domain };
  return routeTaken(of, places, elsewhere) ?? whyTooManyHeaders(tx, of, routes);
}

async function whyTooManyHeaders(
  tx: Transaction,
  of: OfService,
  routes: ServiceRoutes,
): Promise<TaskError | undefined> {
  const names = headerNamesOf(routes);
  if (names.length === 0) return undefined;
  const { rows } = await tx.query<{ name: string }>(
    `SELECT DISTINCT lower(name) AS name
     FROM service_routes, jsonb_array_elements(state -> 'routes') AS route,
       jsonb_object_keys(route -> 'headers') AS name
     WHERE (app_id, service) <> ($1, $2)`,
    [of.appId, of.service],
  );
  return tooManyHeaders(
    of,
    names,
    rows.map(({ name }) => name),
  );
}

/** The row, and the places that are the service's own. */
export async function storeRoutes(
  tx: Transaction,
  { appId, service }: OfService,
  routes: ServiceRoutes,
  { principal, verified, at }: Author & { readonly at: Date },
): Promise<void> {
  const places = placesOf(routes);
  await together(
    tx.query(
      `INSERT INTO service_routes (app_id, service, state, principal, verified, changed_at)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (app_id, service) DO UPDATE SET state = excluded.state, principal = excluded.principal,
         verified = excluded.verified, changed_at = excluded.changed_at`,
      [appId, service, routes, principal, verified, at],
    ),
    tx.query('DELETE FROM route_claims WHERE app_id = $1 AND service = $2', [appId, service]),
    tx.query(
      `INSERT INTO route_claims (host, path, pattern, app_id, service)
       SELECT host, path, pattern, $4, $5 FROM unnest($1::text[], $2::text[], $3::text[]) AS taken (host, path, pattern)`,
      [
        places.map(({ host }) => host),
        places.map(({ path }) => path),
        places.map(({ host }) => patternOf(host)),
        ...[appId, service],
      ],
    ),
  );
}

/** The published message of a service's routes. */
export function routesMessage(
  of: OfService,
  { revision, routes, traffic }: ServiceRoutes,
  { principal, verified, at }: Author & { readonly at: Date },
): OutboxMessage {
  const change: ServiceRoutesChange = {
    ...{ ...of, revision, traffic },
    routes: routes.map((route) => ({ ...route })),
    ...{ principal, verified, changedAt: at.toISOString() },
  };
  return outgoing(serviceRoutesChanged, change);
}
