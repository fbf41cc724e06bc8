import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import pg from 'pg';
import { deadLetterTopic, topics } from '#libs/contracts';
import { connectEngine, type Engine, type ListedContainer } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import { requireEnv, testNodes } from '#libs/testing';

const run = promisify(execFile);
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

/** Tags and digests of the images on the builder. */
export async function builderImages(): Promise<readonly string[]> {
  const socketPath = new URL(requireEnv('BUILDER_HOST')).pathname;
  const images = await new Docker({ socketPath }).listImages();
  return images.flatMap(({ RepoTags, RepoDigests }) => [...(RepoTags ?? []), ...(RepoDigests ?? [])]);
}

export interface DeadLetter {
  readonly headers: Readonly<Record<string, string>>;
}

/** The dead request whose body holds `mark`. */
export async function deadLetter(mark: string): Promise<DeadLetter | undefined> {
  const brokers = requireEnv('KAFKA_BROKERS');
  const topic = deadLetterTopic(topics.deploymentRequests);
  // One JSON line a message: payload and headers as a list of names and values in turn.
  const args = ['-b', brokers, '-C', '-t', topic, '-o', 'beginning', '-e', '-J', '-q'];
  const { stdout } = await run('kcat', args);
  for (const line of stdout.split('\n').filter(Boolean)) {
    const { payload, headers = [] } = JSON.parse(line) as { payload: string; headers?: string[] };
    if (!payload.includes(mark)) continue;
    const pairs = headers.flatMap((name, n) => (n % 2 === 0 ? [[name, headers[n + 1] ?? '']] : []));
    return { headers: Object.fromEntries(pairs) as Record<string, string> };
  }
  return undefined;
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
