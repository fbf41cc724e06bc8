import { appSchemas } from '#libs/app-roles';
import type { Pool } from '#libs/postgres';
import { appPool, createTestDatabase, migrateApp, type TestDatabase } from '#libs/testing';

/** The agent's schema under its own role, beside the registry. */
export class AgentDatabase {
  private constructor(
    private readonly database: TestDatabase,
    /** Of the agent. */
    readonly pool: Pool,
  ) {}

  static async create(): Promise<AgentDatabase> {
    const database = await createTestDatabase({ roles: true, schema: appSchemas.agent });
    const owner = appPool(database, 'node-manager');
    await migrateApp('node-manager', owner).finally(() => owner.end());
    const pool = appPool(database, 'agent');
    await migrateApp('agent', pool);
    return new AgentDatabase(database, pool);
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.database.drop();
  }

  /** As the administrator. */
  query<R extends object>(sql: string, values: readonly unknown[] = []): Promise<{ readonly rows: R[] }> {
    return this.database.pool.query<R>(sql, [...values]);
  }

  async empty(): Promise<void> {
    await this.query(
      `TRUNCATE node_leases, replicas, node_minutes, node_ten_seconds, limit_requests, limit_fences, outbox,
         registry.node_records`,
    );
  }

  async enrol(...names: readonly string[]): Promise<void> {
    for (const name of names)
      await this.query(
        `INSERT INTO registry.node_records (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted,
           state, cpus, memory_bytes, engine_version, first_port, last_port)
         VALUES ($1, $1, 22, 'root', 'SHA256:x', 'sealed', 'ready', 2, 2000, '29', 20000, 20009)`,
        [name],
      );
  }
}
