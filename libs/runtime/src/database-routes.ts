import { DatabaseStartError, DIRECT, type Route, routeTo, whyNoConnection } from '#libs/postgres';
import type { DatabaseAddresses, NamedAddress } from './database-config.js';
import { said } from './said.js';

export interface Routes {
  readonly shared: Route;
  readonly direct: Route;
}

/** Connects to each, and throws where it cannot, or where nothing keeps sessions. */
export async function routesOf({ shared, direct }: DatabaseAddresses): Promise<Routes> {
  const [first, second] = await Promise.all([
    namedRoute(shared),
    direct === undefined ? DIRECT : namedRoute(direct),
  ]);
  if (first.by === 'pooler' && direct === undefined) throw pooled(shared.variable, 'DATABASE_DIRECT_URL');
  if (direct !== undefined && !second.keepsSessions) throw pooled(direct.variable, direct.variable);
  // What a pooler does under load is not known: nothing is left to a session of it.
  return { shared: first.by === 'pooler' ? { ...first, keepsSessions: false } : first, direct: second };
}

const pooled = (found: string, variable: string): DatabaseStartError =>
  new DatabaseStartError(
    'DATABASE_POOLER',
    `${found} leads to a connection pooler (PgBouncer), where LISTEN and session locks do not hold: set ${variable} to the URL of the Postgres server itself.`,
  );

async function namedRoute({ variable, ...address }: NamedAddress): Promise<Route> {
  try {
    return await routeTo(address);
  } catch (cause) {
    const why = whyNoConnection(cause, address, variable);
    const text = `Cannot connect to ${variable}: ${why ?? said(cause)}`;
    throw new DatabaseStartError('DATABASE_CONNECTION', text, { cause, isAway: why === undefined });
  }
}
