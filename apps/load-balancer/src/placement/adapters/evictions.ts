import { evictionRequested, type NodeRequest } from '#libs/contracts';
import { type Outbox, type Retention, together, type Transaction } from '#libs/postgres';
import { readRunningOn } from '#libs/registry-client';
import { outgoing } from '#libs/runtime';
import type { EvictedInstance } from '../domain/explanation.js';
import type { Shortage } from '../domain/fleet.js';
import type { Evictable } from '../domain/preemption.js';
import type { Evictions, Pending } from '../ports.js';
import { IS_LIVE } from './reservations.js';

/** Evictions that were asked for long ago. */
export const oldEvictions = (keepMs: number): Retention => ({
  table: 'evictions',
  column: 'asked_at',
  keepMs: Math.max(keepMs, ASKED_LATELY_MS),
});

/** An instance that was asked to go and is there still is left alone for so long. */
const ASKED_LATELY_MS = 3_600_000;

/** So many nodes are weighed (kube-scheduler weighs 100 or a tenth of them: minCandidateNodesAbsolute). */
const MOST_NODES = 100;

/** As in filters: sums of fractions of a core. */
const EPSILON = 1e-6;

/** SQL: those of a priority of at most $4, but for $5, that were not asked within the last $6 milliseconds. */
const MAY_GO = `state = 'bound' AND evictable_priority <= $4 AND access_token <> ALL ($5)
  AND NOT EXISTS (SELECT FROM evictions e WHERE e.access_token = r.access_token
                    AND e.asked_at > now() - $6 * interval '1 ms')`;

interface EvictableRow extends Omit<Evictable, 'instance' | 'port'> {
  readonly port: number | null;
}

/**
 * The instances that may be stopped, on nodes where they hold together at least what the node lacks. An instance that is
 * being stopped is left out. So is one that an older version placed, because its priority is not known.
 * @param mostPriority of the instances
 * @param except access tokens of instances to leave out
 */
export async function evictableOn(
  tx: Transaction,
  shortages: readonly Shortage[],
  mostPriority: number,
  except: readonly string[] = [],
): Promise<readonly Evictable[]> {
  if (shortages.length === 0) return [];
  const { rows } = await tx.query<EvictableRow>(
    // Summed up before it is joined: how many nodes there are is not known when the statement is planned once for all.
    `WITH held AS MATERIALIZED (
       SELECT node, sum(cpu) AS cpu, sum(memory_mib) AS memory_mib, max(evictable_priority) AS highest,
              count(*) AS instances
       FROM reservations r WHERE ${MAY_GO} GROUP BY node),
     enough AS (
       SELECT node FROM held JOIN unnest($1::text[], $2::float8[], $3::float8[])
                                  AS lacks (node, cpu, memory_mib) USING (node)
       WHERE held.cpu >= lacks.cpu - ${EPSILON} AND held.memory_mib >= lacks.memory_mib - ${EPSILON}
       ORDER BY highest, instances, node LIMIT ${MOST_NODES})
     SELECT access_token AS "accessToken", app_id AS "appId", service, node, port, cpu,
            memory_mib AS "memoryMiB", evictable_priority AS priority
     FROM reservations r JOIN enough USING (node) WHERE ${MAY_GO} ORDER BY access_token`,
    [
      shortages.map(({ node }) => node),
      shortages.map(({ cpu }) => cpu),
      shortages.map(({ memoryMiB }) => memoryMiB),
      ...[mostPriority, except, ASKED_LATELY_MS],
    ],
  );
  if (rows.length === 0) return [];
  const running = await readRunningOn(tx, [...new Set(rows.map(({ node }) => node))]);
  const names = new Map(running.map(({ accessToken, name }) => [accessToken, name]));
  return rows.flatMap(({ port, ...row }) => {
    const instance = names.get(row.accessToken);
    return instance === undefined ? [] : { ...row, instance, ...(port !== null && { port }) };
  });
}

interface PendingRow extends EvictableRow {
  readonly instance: string;
  readonly askedMs: number;
  readonly askedAt: Date;
}

interface EvictionParts {
  readonly outbox: Outbox;
  readonly now: () => Date;
  /** Each was asked to go. */
  readonly onEvicted: (victims: readonly Evictable[]) => void;
}

/** Evictions in Postgres, and what the deployer is asked. */
export class PostgresEvictions implements Evictions {
  constructor(
    private readonly tx: Transaction,
    private readonly parts: EvictionParts,
  ) {}

  evictable(shortages: readonly Shortage[], mostPriority: number): Promise<readonly Evictable[]> {
    return evictableOn(this.tx, shortages, mostPriority);
  }

  async ask(request: NodeRequest, victims: readonly Evictable[]): Promise<void> {
    const { tx } = this;
    const { outbox, now, onEvicted } = this.parts;
    const { accessToken, appId, service, priority = 0 } = request;
    const preemptor = { accessToken, appId, service, priority };
    const askedAt = now().toISOString();
    const column = (of: (one: Evictable) => unknown): readonly unknown[] => victims.map(of);
    await together(
      tx.query(
        `INSERT INTO evictions (access_token, instance, app_id, service, priority, node, made_for)
         SELECT *, $7 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[])
         ON CONFLICT (access_token) DO UPDATE SET instance = EXCLUDED.instance, priority = EXCLUDED.priority,
           node = EXCLUDED.node, made_for = EXCLUDED.made_for, asked_at = now()`,
        [
          column((one) => one.accessToken),
          column((one) => one.instance),
          column((one) => one.appId),
          column((one) => one.service),
          column((one) => one.priority),
          column((one) => one.node),
          accessToken,
        ],
      ),
      outbox.add(
        tx,
        victims.map(({ instance, node, ...victim }) =>
          outgoing(evictionRequested, {
            ...{ appId: victim.appId, service: victim.service, victim: { instance, node } },
            ...{ preemptor, askedAt },
          }),
        ),
      ),
    );
    onEvicted(victims);
  }

  async pending(accessToken: string): Promise<readonly Pending[]> {
    const { rows } = await this.tx.query<PendingRow>(
      `SELECT access_token AS "accessToken", e.instance, r.app_id AS "appId", r.service, e.priority, r.node, r.port,
              r.cpu, r.memory_mib AS "memoryMiB",
              (extract(epoch FROM now() - e.asked_at) * 1000)::float8 AS "askedMs", e.asked_at AS "askedAt"
       FROM evictions e JOIN reservations r USING (access_token)
       WHERE e.made_for = $1 AND r.node = e.node AND ${IS_LIVE} ORDER BY access_token`,
      [accessToken],
    );
    if (rows.length === 0) return [];
    const running = await readRunningOn(this.tx, [...new Set(rows.map(({ node }) => node))]);
    const since = new Map(running.map(({ name, stateSince }) => [name, stateSince.getTime()]));
    return rows.map(({ port, askedAt, ...row }) => ({
      ...row,
      ...(port !== null && { port }),
      hasStayed: (since.get(row.instance) ?? 0) > askedAt.getTime(),
    }));
  }

  async madeFor(accessToken: string): Promise<readonly EvictedInstance[]> {
    const { rows } = await this.tx.query<EvictedInstance>(
      `SELECT instance, app_id AS "appId", service, priority, node FROM evictions
       WHERE made_for = $1 ORDER BY asked_at, instance`,
      [accessToken],
    );
    return rows;
  }
}
