import { MOST_ROUTE_HEADER_NAMES, type TaskError } from '#libs/contracts';
import type { OfService } from './route-conflicts.js';
import type { ServiceRoutes } from './service-routes.js';

/** The header names that the routes of a service set, in lower case: those that count, and those of a deployment under way. */
export function headerNamesOf({ routes, pending }: ServiceRoutes): readonly string[] {
  const all = [...routes, ...(pending?.before.routes ?? []), ...(pending?.after.routes ?? [])];
  const names = all.flatMap(({ headers = {} }) => Object.keys(headers)).map((name) => name.toLowerCase());
  return [...new Set(names)];
}

/**
 * Why a service cannot have routes that set headers of these names, beside those that routes of other services set; undefined
 * where it can. Pure.
 */
export function tooManyHeaders(
  { appId, service }: OfService,
  names: readonly string[],
  others: readonly string[],
): TaskError | undefined {
  const known = new Set(others);
  const added = names.filter((name) => !known.has(name));
  const count = known.size + added.length;
  if (added.length === 0 || count <= MOST_ROUTE_HEADER_NAMES) return undefined;
  return {
    code: 'ROUTE_HEADERS',
    message: `${appId}/${service} cannot have these routes: with them, the routes of all services would set headers of ${count} names, and a gateway carries ${MOST_ROUTE_HEADER_NAMES}.`,
    hint: `Use a name that other routes set already, or fewer. New are: ${added.toSorted().join(', ')}. See who sets which: slipway routes`,
  };
}
