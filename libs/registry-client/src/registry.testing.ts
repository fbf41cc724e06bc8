import { databaseVariable } from '#libs/app-roles';
import { Listener, type Pool } from '#libs/postgres';
import { appPool, createTestDatabase, migrateApp, type TestDatabase } from '#libs/testing';

/** For tests: a registry as the node manager makes it, each app under its own role. */
export interface TestRegistry {
  readonly database: TestDatabase;
  /** The node manager's. */
  readonly owner: Pool;
  /** The deployer's: it reads. */
  readonly reader: Pool;
  readonly listener: Listener;
  close(): Promise<void>;
}

export async function createTestRegistry(): Promise<TestRegistry> {
  const database = await createTestDatabase({ roles: true });
  const owner = appPool(database, 'node-manager');
  const reader = appPool(database, 'deployer');
  await migrateApp('node-manager', owner);
  const listener = new Listener({ url: String(database.appUrls[databaseVariable('deployer')]) });
  await listener.start();
  const close = async (): Promise<void> => {
    await Promise.all([listener.stop(), owner.end(), reader.end()]);
    await database.drop();
  };
  return { database, owner, reader, listener, close };
}

export const ADD_NODE = `
  INSERT INTO registry.node_records (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted, state,
    cpus, memory_bytes, engine_version, first_port, last_port)
  VALUES ($1, $1, 22, 'root', 'SHA256:x', 'sealed', 'ready', 2, 8000000000, '29', 20000, 20009)`;

/** Name, service, state. */
export const ADD_INSTANCE = `
  INSERT INTO registry.instance_records (name, state, app_id, app_name, service, release, image, node, ip, port, url,
    container, access_token, cpu, memory_mib, started_at, reported_at)
  VALUES ($1, $3, 'shop', 'The shop', $2, 'r1', 'image', 'node-1', '10.0.0.1', 20000, 'http://10.0.0.1:20000', 'c1',
    't1', 0.25, 128, '2026-01-01', '2026-01-02')`;
