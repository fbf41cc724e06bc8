import type { Pool } from '#libs/postgres';
import type { InstanceMinute, NodeMinute, Spread } from '../domain/minute.js';
import type { Minutes } from '../ports.js';

const STORE = `
  INSERT INTO node_minutes
  SELECT minute.* FROM json_populate_recordset(NULL::node_minutes, $1) AS minute JOIN node_leases lease USING (node)
  WHERE lease.fence = minute.fence AND lease.holder = $2 AND lease.until > now()
  ON CONFLICT DO NOTHING`;

/** Minutes in the agent's schema. */
export class PostgresMinutes implements Minutes {
  constructor(
    private readonly pool: Pool,
    private readonly holder: string,
  ) {}

  async store(minutes: readonly NodeMinute[]): Promise<void> {
    await this.pool.query(STORE, [JSON.stringify(minutes.map(rowOf)), this.holder]);
  }
}

/** By the columns of the table. */
function rowOf({ node, fence, minuteMs, seconds, host, others, instances }: NodeMinute): object {
  const each = <T>(value: (instance: InstanceMinute) => T): readonly T[] => instances.map(value);
  const part = (of: (instance: InstanceMinute) => Spread | undefined, index: 0 | 1 | 2) =>
    each((instance) => of(instance)?.[index] ?? null);
  return {
    ...{ node, fence, minute: new Date(minuteMs).toISOString(), seconds },
    ...{ host_cpu: host.cpu, host_memory: host.memory },
    ...{ host_disk_read: host.diskRead, host_disk_written: host.diskWritten },
    ...{ host_network_in: host.networkIn, host_network_out: host.networkOut },
    ...{ others_cpu: others.cpu, others_memory: others.memory },
    instances: each(({ instance }) => instance),
    app_ids: each(({ identity }) => identity.appId),
    services: each(({ identity }) => identity.service),
    releases: each(({ identity }) => identity.release),
    instance_seconds: each((instance) => instance.seconds),
    ...columns('cpu', (index) => part(({ cpu }) => cpu, index)),
    ...columns('memory', (index) => part(({ memory }) => memory, index)),
    ...columns('throttled', (index) => part(({ throttled }) => throttled, index)),
  };
}

const columns = (name: string, part: (index: 0 | 1 | 2) => readonly (number | null)[]): object => ({
  [`${name}_mean`]: part(0),
  [`${name}_max`]: part(1),
  [`${name}_p95`]: part(2),
});
