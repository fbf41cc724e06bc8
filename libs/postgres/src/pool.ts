import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import pg from 'pg';
import { DatabaseUnavailableError, TransactionAbortedError } from './errors.js';
import { DIRECT, type Route } from './route.js';
import { connectionTo, type DatabaseAddress } from './tls.js';

export type Pool = pg.Pool;
export type Transaction = Pick<pg.PoolClient, 'query'>;

export interface PoolOptions extends DatabaseAddress {
  /** First on the search path, so that SQL names tables plainly. */
  readonly schema: string;
  readonly applicationName: string;
  readonly max?: number;
  /** What the URL leads to; a server when left out. */
  readonly route?: Route;
  /** Told of a connection that broke while idle; the pool replaces it. */
  readonly onIdleError?: (error: Error) => void;
}

/** SQLSTATE classes of a server that ends, starts or is full (PostgreSQL, appendix A). */
const AWAY = /^(08|53|57P)/;

/** What the server did not say itself came of the connection to it. */
function named(error: unknown): unknown {
  if (error instanceof pg.DatabaseError && !AWAY.test(error.code ?? '')) return error;
  return new DatabaseUnavailableError(error);
}

/** Its queries throw DatabaseUnavailableError where the database did not answer them. */
function namingWhatIsAway(pool: Pool): Pool {
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  const naming = (...args: unknown[]): Promise<unknown> =>
    query(...args).catch((error: unknown) => {
      throw named(error);
    });
  pool.query = naming as typeof pool.query;
  return pool;
}

/** By its text, which makes the name of a statement: the server knows it by that. */
const names = new Map<string, string>();

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url');
    names.set(text, name);
  }
  return name;
}

type Query = (...args: unknown[]) => unknown;

/** Statements with values are read and planned once by each connection, not each time. */
const preparing =
  (query: Query): Query =>
  (first, values, ...rest) =>
    typeof first === 'string' && Array.isArray(values)
      ? query({ name: nameOf(first), text: first, values }, ...rest)
      : query(first, values, ...rest);

/** Statements that are made in one turn of the event loop leave in one write: the server wakes once for all. */
function inOneWrite(query: Query, stream: Writable): Query {
  let isCorked = false;
  return (...args) => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      process.nextTick(() => {
        isCorked = false;
        stream.uncork();
      });
    }
    return query(...args);
  };
}

function tuned(client: pg.PoolClient, { prepares }: Route): void {
  const query = client.query.bind(client) as Query;
  // pg's types leave its connection out.
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Writable } }).connection;
  client.query = inOneWrite(prepares ? preparing(query) : query, stream) as typeof client.query;
}

/** How transactions of a pool begin, where it is not by BEGIN alone. */
const beginnings = new WeakMap<Pool, string>();

/**
 * Each statement in a transaction of its own, since the next may reach another session. The three are sent together, so
 * it takes one round trip still.
 */
function inTransactions(pool: Pool, begin: string): void {
  beginnings.set(pool, begin);
  const query = async (...args: unknown[]): Promise<unknown> => {
    const client = await pool.connect();
    const ask = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    let failed: Error | undefined;
    try {
      const [, answer] = await together(ask(begin), ask(...args), ask('COMMIT'));
      return answer;
    } catch (error) {
      failed = error as Error;
      throw error;
    } finally {
      // As the pool does itself: a connection that failed is not used again.
      client.release(failed);
    }
  };
  pool.query = query as typeof pool.query;
}

/** A pool whose statements see `schema` first, whatever stands between it and the server. */
export function createPool(options: PoolOptions): Pool {
  const { schema, applicationName, max = 10, route = DIRECT, onIdleError } = options;
  const path = `${schema},public`;
  const pool = new pg.Pool({
    ...connectionTo(options),
    application_name: applicationName,
    max,
    // Statements are sent as they are made, not each after the answer to the one before.
    pipeline: true,
    // Poolers refuse it.
    ...(route.by === 'server' && { options: `-c search_path=${path}` }),
  });
  // The pool listens to idle connections only: one that is cut while somebody holds it would end the process.
  // Its holder learns of it by the next query, and the pool drops it when it is given back.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    tuned(client, route);
    // Sent before what the connection was opened for. A connection that fails here fails there, too.
    if (route.by === 'pooler' && route.keepsSessions)
      client.query(`SET search_path TO ${path}`).catch(() => undefined);
  });
  // Without a listener one broken idle connection would end the process.
  pool.on('error', (error) => onIdleError?.(error));
  if (!route.keepsSessions) inTransactions(pool, `BEGIN; SET LOCAL search_path TO ${path}`);
  return namingWhatIsAway(pool);
}

/**
 * Statements of one transaction that need nothing of each other, sent together and done in this order. Throws the first
 * that failed, and only when all have ended: none may reach the server after the transaction was rolled back.
 */
export async function together<T extends readonly Promise<unknown>[]>(
  ...statements: T
): Promise<{ -readonly [N in keyof T]: Awaited<T[N]> }> {
  const ended = await Promise.allSettled(statements);
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return Promise.all(statements);
}

/**
 * Runs `work` in one transaction: committed when it resolves, rolled back when it throws.
 * Throws TransactionAbortedError when `work` resolved after a statement had failed: nothing is stored then.
 */
export async function transaction<T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const onBroken = (rollback: Error): void => void (broken = rollback);
    return await transactionIn(client, work, { begin: beginnings.get(pool), onBroken });
  } finally {
    // A connection that could not roll back must not be given to the next.
    client.release(broken);
  }
}

interface Session {
  readonly begin?: string;
  readonly onBroken?: (error: Error) => void;
}

/** The same in a session that the caller holds, who learns of a rollback that failed: the session is of no use then. */
export async function transactionIn<T>(
  session: Transaction,
  work: (tx: Transaction) => Promise<T>,
  { begin = 'BEGIN', onBroken = () => undefined }: Session = {},
): Promise<T> {
  try {
    // What `work` says first is sent with it.
    const begun = session.query(begin);
    begun.catch(() => undefined);
    const result = await work(session);
    await begun;
    const { command } = await session.query('COMMIT');
    // Postgres answers a COMMIT after a failed statement with a plain ROLLBACK, which is no error to the client.
    if (command === 'ROLLBACK') throw new TransactionAbortedError();
    return result;
  } catch (error) {
    await session.query('ROLLBACK').catch(onBroken);
    throw error;
  }
}
