/** The node manager's pool, or what asks as it does. */
interface Registry {
  query(sql: string, values: readonly unknown[]): Promise<unknown>;
}

/** The registry hears of an instance of `shop/web` that runs at this port of this machine. */
export async function addRunningInstance(
  registry: Registry,
  name: string,
  port: number,
  host = '127.0.0.1',
): Promise<void> {
  await registry.query(
    `INSERT INTO registry.instance_records (name, state, app_id, app_name, service, release, image, node, ip, port, url,
       container, access_token, cpu, memory_mib, started_at, reported_at)
     VALUES ($1, 'running', 'shop', 'The shop', 'web', 'r1', 'image', 'node-1', $3, $2, 'http://x', 'c1', 't1', 0.25,
       128, now(), now())`,
    [name, port, host],
  );
}
