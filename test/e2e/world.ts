import { readFileSync } from 'node:fs';
import pg from 'pg';
import { connectEngine, type Engine, type ListedContainer } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import { requireEnv, testNodes } from '#libs/testing';

const ssh = new SshPool();
let engines: Promise<readonly Engine[]> | undefined;

async function connectNodes(): Promise<readonly Engine[]> {
  return (await testNodes()).map(({ address: host, sshPort: port, sshUser: user, ...node }) => {
    const login = { privateKey: readFileSync(node.privateKeyFile, 'utf8') };
    const target = { host, port, user, hostKeyFingerprint: node.hostKeyFingerprint, login };
    return connectEngine({ ssh, target });
  });
}

/** An application's containers on all nodes, running or not, as their engines say. */
export async function containersOf(appId: string): Promise<readonly ListedContainer[]> {
  engines ??= connectNodes();
  const lists = await Promise.all(
    (await engines).map((engine) => engine.list({ labels: { 'slipway.app': appId } })),
  );
  return lists.flat();
}

async function query<R extends object>(sql: string, values: unknown[]): Promise<readonly R[]> {
  const client = new pg.Client({ connectionString: requireEnv('DATABASE_URL') });
  await client.connect();
  try {
    return (await client.query<R>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

export interface RegistryRow {
  readonly service: string;
  readonly state: string;
  readonly node: string;
  readonly port: number;
  readonly url: string;
}

export function registryRows(appId: string): Promise<readonly RegistryRow[]> {
  return query('SELECT service, state, node, port, url FROM registry.instances WHERE app_id = $1', [appId]);
}

/** The states of an application's reservations. */
export async function reservationsOf(appId: string): Promise<readonly string[]> {
  const rows = await query<{ state: string }>(
    'SELECT state FROM load_balancer.reservations WHERE app_id = $1',
    [appId],
  );
  return rows.map((row) => row.state);
}
