import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import pg from 'pg';
import { deadLetterTopic, topics } from '#libs/contracts';
import { connectEngine, type Engine, type ListedContainer } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import { requireEnv, sshTargetOf, testNodes, until } from '#libs/testing';

const run = promisify(execFile);
const ssh = new SshPool();
let engines: Promise<readonly Engine[]> | undefined;

async function connectNodes(): Promise<readonly Engine[]> {
  return (await testNodes()).map((node) => connectEngine({ ssh, target: sshTargetOf(node) }));
}

/** What a program on a node writes. */
export async function onNode(name: string, ...argv: readonly string[]): Promise<string> {
  const node = (await testNodes()).find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`there is no node ${name}`);
  const { code, stdout, stderr } = await ssh.exec(sshTargetOf(node), argv, { timeoutMs: 30_000 });
  if (code !== 0) throw new Error(`${argv.join(' ')} on ${name}: ${stderr}`);
  return stdout.trim();
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

interface DeadLetter {
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

let pool: pg.Pool | undefined;

/** The platform's database, on connections that are kept as long as something uses them. */
export function database(): pg.Pool {
  if (pool !== undefined) return pool;
  pool = new pg.Pool({ connectionString: requireEnv('DATABASE_URL'), max: 4, allowExitOnIdle: true });
  // Some suites end their own server while connections lie idle.
  pool.on('error', () => undefined);
  return pool;
}

export async function query<R extends object>(sql: string, values: unknown[]): Promise<readonly R[]> {
  return (await database().query<R>(sql, values)).rows;
}

export interface RegistryRow {
  readonly name: string;
  readonly release: string;
  readonly service: string;
  readonly state: string;
  readonly node: string;
  readonly port: number;
  readonly url: string;
}

/** As the registry says, in no order. */
export async function nodeStates(): Promise<readonly string[]> {
  return (await query<{ state: string }>('SELECT state FROM registry.nodes', [])).map(({ state }) => state);
}

/** Of the platform, or of the one whose database it is. */
export async function registryRows(
  appId: string,
  from: Pick<pg.Pool, 'query'> = database(),
): Promise<readonly RegistryRow[]> {
  const { rows } = await from.query<RegistryRow>(
    'SELECT name, release, service, state, node, port, url FROM registry.instances WHERE app_id = $1',
    [appId],
  );
  return rows;
}

/** The states of an application's reservations. */
export async function reservationsOf(appId: string): Promise<readonly string[]> {
  const rows = await query<{ state: string }>(
    'SELECT state FROM load_balancer.reservations WHERE app_id = $1',
    [appId],
  );
  return rows.map((row) => row.state);
}

export interface Left {
  readonly containers: number;
  /** Rows of the deployer, without what it was cut off from and has given up. */
  readonly instances: number;
  /** Reservations that hold a place. */
  readonly reservations: number;
  /** In the registry, that get traffic or did. */
  readonly registered: number;
}

/** How much of an application there is, in each of the places that know of it. */
export async function leftOf(appId: string): Promise<Left> {
  const [containers, rows, reservations, registered] = await Promise.all([
    containersOf(appId),
    query("SELECT name FROM deployer.instances WHERE app_id = $1 AND state <> 'abandoned'", [appId]),
    reservationsOf(appId),
    registryRows(appId),
  ]);
  return {
    containers: containers.length,
    instances: rows.length,
    reservations: reservations.filter((state) => state === 'promised' || state === 'bound').length,
    registered: registered.filter(({ state }) => state === 'running' || state === 'draining').length,
  };
}

/** Waits until each of the places knows of so many instances; then says what there is. */
export async function settled(appId: string, instances: number): Promise<Left> {
  const isSo = (left: Left): boolean => Object.values(left).every((count) => count === instances);
  return until(
    `${instances} instances of ${appId} everywhere`,
    async () => {
      const left = await leftOf(appId);
      return isSo(left) ? left : undefined;
    },
    { timeoutMs: 15_000 },
  ).catch(() => leftOf(appId));
}

export const exactly = (count: number): Left => ({
  containers: count,
  instances: count,
  reservations: count,
  registered: count,
});

/** What there is of an application's source and image where it was built. */
export async function builtOf(appId: string): Promise<readonly string[]> {
  const images = (await builderImages()).filter((name) => name.includes(`/${appId}/`));
  return [...images, ...(await sourceFoldersOf(appId))];
}

/** The deployer's folders whose source names the application. */
async function sourceFoldersOf(appId: string): Promise<readonly string[]> {
  const root = requireEnv('DEPLOYER_WORK_DIRECTORY');
  const folders = await readdir(root).catch(() => []);
  const named = await Promise.all(
    folders.map(async (folder) => {
      const text = await readFile(join(root, folder, 'tree', 'server.js'), 'utf8').catch(() => '');
      return text.includes(appId) ? [folder] : [];
    }),
  );
  return named.flat();
}

/** Holds up all placing until the function it gives is called: the balancer waits for this lock. */
export async function holdPlacing(): Promise<() => Promise<void>> {
  const client = await database().connect();
  const key = "hashtextextended('slipway.load-balancer.place', 0)";
  await client.query(`SELECT pg_advisory_lock(${key})`);
  return async () => {
    await client.query(`SELECT pg_advisory_unlock(${key})`);
    client.release();
  };
}
