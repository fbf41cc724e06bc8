import type pg from 'pg';

/** What must hold of the reservations whatever happened, as statements that find the rows where it does not. */
const RULES: Readonly<Record<string, string>> = {
  'no node is over its capacity': `
    SELECT name FROM registry.nodes JOIN (
      SELECT node, sum(cpu) AS cpu, sum(memory_mib) AS memory FROM load_balancer.reservations
      WHERE state IN ('promised', 'bound') GROUP BY node) held ON node = name
    WHERE held.cpu > allocatable_cpus + 1e-6 OR held.memory * 1048576 > allocatable_memory_bytes`,
  'no port is promised twice': `
    SELECT node || ':' || port AS name FROM load_balancer.reservations
    WHERE state IN ('promised', 'bound') AND port IS NOT NULL GROUP BY node, port HAVING count(*) > 1`,
  'every port is one of its node': `
    SELECT access_token AS name FROM load_balancer.reservations JOIN registry.nodes n ON n.name = node
    WHERE port NOT BETWEEN first_port AND last_port`,
};

/** What must hold, and where it does not. */
export type Violations = Readonly<Record<string, readonly string[]>>;

export async function checkReservations(database: Pick<pg.Pool, 'query'>): Promise<Violations> {
  const found = await Promise.all(
    Object.entries(RULES).map(async ([rule, sql]) => {
      const { rows } = await database.query<{ name: string }>(sql);
      return [rule, rows.map(({ name }) => name)] as const;
    }),
  );
  return Object.fromEntries(found);
}
