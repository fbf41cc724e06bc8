import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import pg from 'pg';
import { DatabaseUnavailableError, TransactionAbortedError } from './errors.js';

export type Pool = pg.Pool;
export type Transaction = Pick<pg.PoolClient, 'query'>;

export interface PoolOptions {
  readonly url: string;
  /** First on the search path, so that SQL names tables plainly. */
  readonly schema: string;
  readonly applicationName: string;
  readonly max?: number;
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

function tuned(client: pg.PoolClient): void {
  const query = client.query.bind(client) as Query;
  // pg's types leave its connection out.
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Writable } }).connection;
  client.query = inOneWrite(preparing(query), stream) as typeof client.query;
}

/** A pool whose connections see `schema` first. */
export function createPool({ url, schema, applicationName, max = 10, onIdleError }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    // Statements are sent as they are made, not each after the answer to the one before.
    pipeline: true,
    options: `-c search_path=${schema},public`,
  });
  // The pool listens to idle connections only: one that is cut while somebody holds it would end the process.
  // Its holder learns of it by the next query, and the pool drops it when it is given back.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    tuned(client);
  });
  // Without a listener one broken idle connection would end the process.
  pool.on('error', (error) => onIdleError?.(error));
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
    return await transactionIn(client, work, (rollback) => {
      broken = rollback;
    });
  } finally {
    // A connection that could not roll back must not be given to the next.
    client.release(broken);
  }
}

/** The same in a session that the caller holds, who learns of a rollback that failed: the session is of no use then. */
export async function transactionIn<T>(
  session: Transaction,
  work: (tx: Transaction) => Promise<T>,
  onBroken: (error: Error) => void = () => undefined,
): Promise<T> {
  try {
    // What `work` says first is sent with it.
    const begun = session.query('BEGIN');
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
