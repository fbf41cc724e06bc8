import { type Pool, together, transaction, type Transaction } from '#libs/postgres';
import { namingRegistry } from './errors.js';
import {
  INSTANCE_COLUMNS,
  NODE_COLUMNS,
  type RegistryInstance,
  type RegistryNode,
  type RegistryService,
  SERVICE_COLUMNS,
} from './rows.js';
import { type InstanceFilter, readInstances, readNodes, readServices } from './views.js';

/** The registry at one revision. */
export interface RegistrySnapshot {
  readonly revision: number;
  readonly nodes: readonly RegistryNode[];
  readonly services: readonly RegistryService[];
  readonly instances: readonly RegistryInstance[];
}

/** What a thing is now; without it where it was removed. Several changes of one thing are told as one. */
export type RegistryChange = { readonly revision: number; readonly name: string } & (
  | { readonly kind: 'node'; readonly node?: RegistryNode }
  | { readonly kind: 'service'; readonly service?: RegistryService }
  | { readonly kind: 'instance'; readonly instance?: RegistryInstance }
);

/** One statement's view of the database for all that is read. */
function consistently<T>(pool: Pool, read: (tx: Transaction) => Promise<T>): Promise<T> {
  return namingRegistry(
    transaction(pool, async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      return read(tx);
    }),
  );
}

/** All of it, or the services and instances of the filter, and all nodes. */
export function readSnapshot(pool: Pool, filter: InstanceFilter = {}): Promise<RegistrySnapshot> {
  return consistently(pool, async (tx) => {
    const [{ latest }, nodes, services, instances] = await together(
      revisionOf(tx),
      readNodes(tx),
      readServices(tx, filter),
      readInstances(tx, filter),
    );
    return { revision: latest, nodes, services, instances };
  });
}

const BATCH = 1_000;

/**
 * What changed after a revision, in order, as it is now: at most `limit`; none where nothing changed. Undefined where
 * the revision is too old, or of another database: then a snapshot is needed.
 */
export function readChanges(
  pool: Pool,
  since: number,
  limit = BATCH,
): Promise<readonly RegistryChange[] | undefined> {
  return consistently(pool, async (tx) => {
    const [{ latest, forgotten }, { rows }] = await together(
      revisionOf(tx),
      tx.query<ChangeRow>(
        `SELECT revision::float8 AS revision, kind, name FROM registry.changes
         WHERE revision > $1 ORDER BY revision LIMIT $2`,
        [since, limit],
      ),
    );
    return since < forgotten || since > latest ? undefined : withRows(tx, rows);
  });
}

/** The revision by which an instance left traffic; undefined while the registry shows it running, or not at all. */
export async function readDrainRevision(db: Transaction, instance: string): Promise<number | undefined> {
  const { rows } = await namingRegistry(
    db.query<{ revision: number }>(
      `SELECT revision::float8 AS revision FROM registry.changes JOIN registry.instances USING (name)
       WHERE kind = 'instance' AND name = $1 AND state <> 'running'`,
      [instance],
    ),
  );
  return rows[0]?.revision;
}

interface Revision {
  readonly latest: number;
  readonly forgotten: number;
}

async function revisionOf(tx: Transaction): Promise<Revision> {
  const { rows } = await tx.query<Revision>(
    'SELECT latest::float8 AS latest, forgotten::float8 AS forgotten FROM registry.revision',
  );
  return rows[0] ?? { latest: 0, forgotten: 0 };
}

interface ChangeRow {
  readonly revision: number;
  readonly kind: RegistryChange['kind'];
  readonly name: string;
}

/**
 * Asks for each service by both columns, so that the condition passes the full join of the view and an index answers it.
 * OFFSET keeps the planner from making one join of all. Neither ids of applications nor names of services have a slash.
 */
const SERVICES_BY_NAME = `
  SELECT found.* FROM unnest($1::text[]) AS changed (name), LATERAL (
    SELECT changed.name AS key, ${SERVICE_COLUMNS} FROM registry.services
    WHERE app_id = split_part(changed.name, '/', 1) AND service = split_part(changed.name, '/', 2) OFFSET 0) AS found`;

async function withRows(tx: Transaction, changes: readonly ChangeRow[]): Promise<readonly RegistryChange[]> {
  const named = <R>(kind: RegistryChange['kind'], select: string): Promise<ReadonlyMap<string, R>> =>
    rowsByName<R>(
      tx,
      select,
      changes.filter((change) => change.kind === kind).map(({ name }) => name),
    );
  const [nodes, services, instances] = await together(
    named<RegistryNode>(
      'node',
      `SELECT name AS key, ${NODE_COLUMNS} FROM registry.nodes WHERE name = ANY ($1)`,
    ),
    named<RegistryService>('service', SERVICES_BY_NAME),
    named<RegistryInstance>(
      'instance',
      `SELECT name AS key, ${INSTANCE_COLUMNS} FROM registry.instances WHERE name = ANY ($1)`,
    ),
  );
  return changes.map(({ revision, kind, name }): RegistryChange => {
    if (kind === 'node') return { revision, kind, name, node: nodes.get(name) };
    if (kind === 'service') return { revision, kind, name, service: services.get(name) };
    return { revision, kind, name, instance: instances.get(name) };
  });
}

async function rowsByName<R>(
  tx: Transaction,
  select: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, R>> {
  if (names.length === 0) return new Map();
  const { rows } = await tx.query<R & { readonly key: string }>(select, [names]);
  return new Map(rows.map(({ key, ...row }) => [key, row as R]));
}
