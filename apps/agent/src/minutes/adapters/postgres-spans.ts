import type { Pool } from '#libs/postgres';
import type { InstanceSpan, NodeSpan, Spread } from '../domain/span.js';
import type { Spans } from '../ports.js';

/** Tables of spans, in partitions by day. They have columns of their own, filled by their names. */
export const spanTables = { minutes: 'node_minutes', tenSeconds: 'node_ten_seconds' } as const;
export type SpanTable = (typeof spanTables)[keyof typeof spanTables];

const store = (table: SpanTable): string => `
  INSERT INTO ${table}
  SELECT span.* FROM json_populate_recordset(NULL::${table}, $1) AS span JOIN node_leases lease USING (node)
  WHERE lease.fence = span.fence AND lease.holder = $2 AND lease.until > now()
  ON CONFLICT DO NOTHING`;

/** Spans of one length in the agent's schema. */
export class PostgresSpans implements Spans {
  constructor(
    private readonly pool: Pool,
    private readonly table: SpanTable,
    private readonly holder: string,
  ) {}

  async store(spans: readonly NodeSpan[]): Promise<void> {
    const row = this.table === spanTables.minutes ? minuteRow : instanceColumns;
    await this.pool.query(store(this.table), [JSON.stringify(spans.map(row)), this.holder]);
  }
}

function minuteRow(span: NodeSpan): object {
  const { seconds, host, others } = span;
  return {
    ...instanceColumns(span),
    ...{ seconds, host_cpu: host.cpu, host_memory: host.memory },
    ...{ host_disk_read: host.diskRead, host_disk_written: host.diskWritten },
    ...{ host_network_in: host.networkIn, host_network_out: host.networkOut },
    ...{ others_cpu: others.cpu, others_memory: others.memory },
  };
}

/** By the columns of the tables; one that a table lacks is passed over. */
function instanceColumns({ node, fence, beginMs, instances }: NodeSpan): object {
  const each = <T>(value: (instance: InstanceSpan) => T): readonly T[] => instances.map(value);
  const part = (of: (instance: InstanceSpan) => Spread | undefined, index: 0 | 1 | 2) =>
    each((instance) => of(instance)?.[index] ?? null);
  const begin = new Date(beginMs).toISOString();
  return {
    ...{ node, fence, minute: begin, begun: begin },
    instances: each(({ instance }) => instance),
    app_ids: each(({ identity }) => identity.appId),
    services: each(({ identity }) => identity.service),
    releases: each(({ identity }) => identity.release),
    instance_seconds: each((instance) => instance.seconds),
    ...columns('cpu', (index) => part(({ cpu }) => cpu, index)),
    ...columns('cpu_peak', (index) => part(({ cpuPeak }) => cpuPeak, index)),
    ...columns('memory', (index) => part(({ memory }) => memory, index)),
    ...columns('throttled', (index) => part(({ throttled }) => throttled, index)),
  };
}

const columns = (name: string, part: (index: 0 | 1 | 2) => readonly (number | null)[]): object => ({
  [`${name}_mean`]: part(0),
  [`${name}_max`]: part(1),
  [`${name}_p95`]: part(2),
});
