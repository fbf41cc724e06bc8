import type { Transaction } from '#libs/postgres';

// The locks of placing, in the order in which they are taken (`PlacingMode`). Each ends with its transaction.

// SQL: the keys of the locks.
const tokenKey = (parameter: string): string => `hashtextextended('slipway.placed.' || ${parameter}, 0)`;
const LINE = `hashtextextended('slipway.load-balancer.waiting', 0)`;
const nodeKey = (parameter: string): string => `hashtextextended('slipway.node.' || ${parameter}, 0)`;

/** One answer at a time to an access token, whichever replica. Whoever waits for several holds those before them only. */
export async function lockTokens(tx: Transaction, accessTokens: readonly string[]): Promise<void> {
  await tx.query(
    `SELECT pg_advisory_xact_lock(key) FROM (
       SELECT DISTINCT ${tokenKey('token')} AS key FROM unnest($1::text[]) AS token ORDER BY key) AS keys`,
    [accessTokens],
  );
}

/** Waits for nobody. @returns false where another one answers the access token */
export const tryToLockToken = (tx: Transaction, accessToken: string): Promise<boolean> =>
  isLocked(tx, tokenKey('$1::text'), [accessToken]);

/** Waits until nobody else joins or serves the line. */
export async function lockLine(tx: Transaction): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(${LINE})`);
}

/** Waits for nobody. @returns false where another one joins or serves the line */
export async function tryToLockLine(tx: Transaction): Promise<boolean> {
  return isLocked(tx, LINE, []);
}

/** Waits for replicas of the versions that lock all nodes at once, and lets them wait until the transaction ends. */
export async function lockOutWhoLocksAll(tx: Transaction): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock_shared(hashtextextended('slipway.load-balancer.place', 0))`);
}

/**
 * Locks those of the nodes on which nobody else is taking room, until the transaction ends, and waits for none.
 * @returns those that are locked now
 */
export async function lockFreeNodes(tx: Transaction, nodes: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await tx.query<{ node: string; locked: boolean }>(
    `SELECT node, pg_try_advisory_xact_lock(${nodeKey('node')}) AS locked FROM unnest($1::text[]) AS node`,
    [nodes],
  );
  return new Set(rows.flatMap(({ node, locked }) => (locked ? [node] : [])));
}

/** Waits until nobody else is taking room on the node. Only for who holds no other node, or two would wait for ever. */
export async function lockNode(tx: Transaction, node: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(${nodeKey('$1::text')})`, [node]);
}

/** Longer than a transaction takes: a promise that lapses while its report is handled is free for others at that moment. */
const ABOUT_TO_LAPSE = `interval '1 minute'`;

/**
 * Locks the node where the access token has a place that is free for others, or about to be: it is taken back under this
 * lock. Of a place that is safe, nothing is locked.
 */
export async function lockNodeOfLapsing(tx: Transaction, accessToken: string, node: string): Promise<void> {
  await tx.query(
    `SELECT pg_advisory_xact_lock(${nodeKey('node')}) FROM reservations
     WHERE access_token = $1 AND node = $2
       AND (state = 'lapsed' OR (state = 'promised' AND expires_at < now() + ${ABOUT_TO_LAPSE}))`,
    [accessToken, node],
  );
}

async function isLocked(tx: Transaction, key: string, values: readonly unknown[]): Promise<boolean> {
  const { rows } = await tx.query<{ locked: boolean }>(`SELECT pg_try_advisory_xact_lock(${key}) AS locked`, [
    ...values,
  ]);
  return rows[0]?.locked === true;
}
