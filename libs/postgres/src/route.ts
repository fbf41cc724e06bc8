import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { connectionTo, type DatabaseAddress } from './tls.js';

/** What a URL leads to, as far as sessions depend on it. */
export interface Route {
  readonly by: 'server' | 'pooler';
  /** Statements of one connection reach one session, so that settings, LISTEN and session locks hold. */
  readonly keepsSessions: boolean;
  /** Statements that were prepared under a name are there for the next transaction. */
  readonly prepares: boolean;
}

export const DIRECT: Route = { by: 'server', keepsSessions: true, prepares: true };

/** A server that is cut off refuses nothing and answers nothing. */
const LONGEST_MS = 10_000;

/**
 * Looks at what stands between. A server says its process at the start of a connection; a pooler says a number of its
 * own there, since its clients have no process for themselves. Throws what keeps it from connecting.
 */
export async function routeTo(address: DatabaseAddress): Promise<Route> {
  return withClient(address, async (one) => {
    if ((await processOf(one)) === processIdOf(one)) return DIRECT;
    const prepares = await renamesStatements(one);
    return {
      by: 'pooler',
      prepares,
      keepsSessions: await withClient(address, (other) => areApart(one, other)),
    };
  });
}

/** Under load, a pooler may hand out the same sessions again by chance. */
const ROUNDS = 5;

/**
 * Whether both connections have a session of their own. A pooler that shares sessions hands out the one that was given
 * back last, or the next in turn: one of both is seen here.
 */
async function areApart(one: pg.Client, other: pg.Client): Promise<boolean> {
  const own = await processOf(one);
  for (let round = 0; round < ROUNDS; round += 1) {
    if ((await processOf(one)) !== own) return false;
    await other.query('BEGIN');
    const others = await processOf(other);
    await other.query('ROLLBACK');
    if (others === own) return false;
  }
  return true;
}

/** A pooler that keeps prepared statements gives them names of its own. Then a name of a client is unknown there. */
async function renamesStatements(client: pg.Client): Promise<boolean> {
  const name = `slipway_${randomBytes(8).toString('hex')}`;
  await client.query('BEGIN');
  try {
    const text = 'SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE name = $1) AS "isKnown"';
    const { rows } = await client.query<{ isKnown: boolean }>({ name, text, values: [name] });
    if (rows[0]?.isKnown === true) await client.query(`DEALLOCATE ${name}`);
    return rows[0]?.isKnown === false;
  } finally {
    await client.query('ROLLBACK');
  }
}

async function withClient<T>(address: DatabaseAddress, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    ...{ ...connectionTo(address), application_name: 'slipway-start' },
    ...{ connectionTimeoutMillis: LONGEST_MS, query_timeout: LONGEST_MS },
  });
  // Its query rejects, too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function processOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}

/** pg's types leave it out. */
const processIdOf = (client: pg.Client): unknown =>
  (client as unknown as { readonly processID: unknown }).processID;
