import { freshKeys } from '#libs/secrets';
import type { NodeEntry } from '#libs/testing';
import { startAzurite } from './azurite.js';
import type { MachineSize } from './control-group.js';
import type { EngineHost } from './engine-host.js';
import { startKafka } from './kafka.js';
import type { Ledger } from './ledger.js';
import { type Engines, startMachines } from './machines.js';
import { ensurePackages } from './packages.js';
import type { RunningPart, Server } from './part.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import type { Report, SetUp } from './set-up.js';
import { cacheDirectory, claimSlot } from './slot.js';

interface OneMachineOptions {
  /** Where caches and state go; XDG_CACHE_HOME/slipway when left out. */
  readonly directory?: string;
  /** How many machines to deploy to; 0 leaves them, and what only they need, out. */
  readonly nodes?: number;
  /** Builder and nodes with engines that are simulated: sshd, registry and all else are real. */
  readonly simulated?: boolean;
  /** Of builder and nodes, where they are others than Docker's of this machine. */
  readonly engines?: Engines;
  /** Builder, registry and nodes alone: neither Kafka nor a database nor storage. */
  readonly machinesOnly?: boolean;
  /** Made to be broken: three Kafka brokers, blob storage that outlasts its end, a small disk for the last node. */
  readonly breakable?: boolean;
  /** Of each node; all processors of this machine and 2 GiB when left out. */
  readonly nodeSize?: MachineSize;
  readonly report?: Report;
}

export interface OneMachine {
  /** The platform's variables, those that were set already left out. */
  readonly env: Readonly<Record<string, string>>;
  readonly nodes: readonly NodeEntry[];
  /** The machines behind these nodes, where they were started here. */
  readonly hosts: readonly EngineHost[];
  /** The processes of the other parts that were started here. */
  readonly servers: readonly Server[];
  /** For what else is started on it: a next start cleans up what a kill leaves. */
  readonly ledger: Ledger;
  stop(): Promise<void>;
}

/** `Kafka: ready in 3.1 s` */
export const printProgress: Report = (part, state, ms, detail) => {
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  const said = { ready: `ready in ${seconds}`, yours: 'yours is used', working: detail ?? '...' }[state];
  console.log(`${part}: ${said}${state === 'working' && ms > 0 ? ` in ${seconds}` : ''}`);
};

/**
 * Kafka, PostgreSQL, Redis, blob storage, a registry, an engine that builds, and machines to deploy to: all on this
 * machine, started side by side. What a variable names already is used instead. When one part fails, all that started
 * is ended before it throws.
 */
export async function startOneMachine(options: OneMachineOptions = {}): Promise<OneMachine> {
  const { directory: cache = cacheDirectory(), nodes: count = 3, report = printProgress } = options;
  const { simulated = false, breakable = false, machinesOnly = false, engines = {}, nodeSize } = options;
  const slot = await claimSlot(cache);
  const setUp: SetUp = { slot, cache, report, breakable };
  if (slot.cleaned > 0) report('Clean-up', 'working', 0, `${slot.cleaned} things of a killed start undone`);
  const packages = ensurePackages(setUp);
  const machines = packages.then(() => startMachines(setUp, { count, simulated, engines, size: nodeSize }));
  const results = await Promise.allSettled([
    machines,
    ...(machinesOnly ? [] : startServers(setUp, packages)),
  ]);
  const parts = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = once(async () => {
    await Promise.allSettled(parts.map((part) => part.stop()));
    await slot.ledger.undo();
    await slot.release();
  });
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (failures.length > 0) {
    await stop();
    throw new AggregateError(failures, [...new Set(failures.map(String))].join('\n'));
  }
  const env = Object.assign({ ...ownKeys() }, ...parts.map((part) => part.env)) as Record<string, string>;
  const { nodes, hosts } = await machines;
  const servers = parts.flatMap((part) => part.servers ?? []);
  return { env, nodes, hosts, servers, ledger: slot.ledger, stop };
}

function startServers(setUp: SetUp, packages: Promise<void>): readonly Promise<RunningPart>[] {
  return [
    reported(setUp, 'Kafka', startKafka),
    reported(setUp, 'PostgreSQL', startPostgres),
    reported(setUp, 'Blob storage', startAzurite),
    packages.then(() => reported(setUp, 'Redis', startRedis)),
  ];
}

const AT_REST_KEYS = ['SLIPWAY_NODE_KEY', 'SLIPWAY_APP_SECRET_KEY'];

/** Keys that the caller has set already stay the caller's. */
function ownKeys(): Readonly<Record<string, string>> {
  const values: Record<string, string> = { SLIPWAY_BLOB_CONTAINER: 'services', ...freshKeys() };
  // Whoever has one key for all keeps it: a key of this start alone would lock its owner out of what it encrypts.
  if (process.env['SLIPWAY_SECRET_KEY']) for (const name of AT_REST_KEYS) delete values[name];
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, process.env[name] || value]),
  );
}

async function reported(
  setUp: SetUp,
  name: string,
  start: (setUp: SetUp) => Promise<RunningPart>,
): Promise<RunningPart> {
  const before = performance.now();
  const part = await start(setUp);
  setUp.report(name, Object.keys(part.env).length === 0 ? 'yours' : 'ready', performance.now() - before);
  return part;
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= action());
}
