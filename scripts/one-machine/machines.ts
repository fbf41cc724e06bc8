import type { NodeEntry } from '#libs/testing';
import { BASE_IMAGES, rootFileSystem } from './base-images.js';
import type { MachineSize } from './control-group.js';
import { type EngineHost, startEngineHost } from './engine-host.js';
import { dockerHere, type EngineProgram, simulatedEngine } from './engine-program.js';
import { type HostFigures, startHostFigures } from './host-figures.js';
import { DockerClient, loadBuilder, pullBase, pushBase } from './image-loading.js';
import { createNetwork, type Network } from './network.js';
import { makeLoginKey, type RunningNode, startNode, writeNodes } from './nodes.js';
import type { RunningPart, Server } from './part.js';
import { accessToTheirs, planRegistry, type RegistryAccess, startRegistry } from './registry.js';
import type { SetUp } from './set-up.js';
import { timed } from './timed.js';
import { buildToolchains, wantedToolchains } from './toolchains.js';

const BUILDER_HOST = 10;
/** Room for the base images and a little more: a disk that can be filled. */
const SMALL_DISK_MIB = 640;

export interface Machines extends RunningPart {
  readonly nodes: readonly NodeEntry[];
  /** Of the nodes that were started here, in the same order. */
  readonly hosts: readonly EngineHost[];
}

interface Started {
  readonly env: Record<string, string>;
  readonly stops: (() => Promise<void>)[];
  readonly servers: Server[];
}

/** What the machines run as their engines; Docker of this machine where it is left out. */
export interface Engines {
  readonly builder?: EngineProgram;
  readonly nodes?: EngineProgram;
}

interface MachinesOptions {
  /** How many nodes. */
  readonly count: number;
  /** Builder and nodes with simulated engines; the registry is real. */
  readonly simulated: boolean;
  readonly engines: Engines;
  /** Of each node. */
  readonly size?: MachineSize;
}

/**
 * Registry, builder and nodes, which know each other. REGISTRY_URL, BUILDER_HOST and SLIPWAY_NODES_FILE, when set,
 * are used instead, each for itself; with all three set nothing is made and no root is needed.
 */
export async function startMachines(
  setUp: SetUp,
  { count, simulated, engines, size }: MachinesOptions,
): Promise<Machines> {
  const own = {
    registry: !process.env['REGISTRY_URL'],
    builder: !process.env['BUILDER_HOST'],
    nodes: !process.env['SLIPWAY_NODES_FILE'] && count > 0,
  };
  for (const [part, missing] of Object.entries({
    Registry: own.registry,
    Builder: own.builder,
    Nodes: own.nodes,
  }))
    if (!missing) setUp.report(part, 'yours', 0);
  if (!own.registry && !own.builder && !own.nodes)
    return { env: {}, nodes: [], hosts: [], stop: () => Promise.resolve() };
  if (process.getuid?.() !== 0)
    throw new Error(
      'Registry, builder and nodes of one machine need root. Run as root, or set REGISTRY_URL, BUILDER_HOST and SLIPWAY_NODES_FILE.',
    );
  const network = await timed(setUp, 'Network', () => createNetwork(setUp.slot));
  const figures = own.nodes ? await startHostFigures(setUp) : undefined;
  const registry = own.registry ? await planRegistry(setUp, network) : accessToTheirs(process.env);
  const started: Started = { env: {}, stops: [], servers: [] };
  const stop = async (): Promise<void> => {
    await Promise.allSettled(started.stops.map((end) => end()));
    await figures?.stop();
  };
  try {
    const asked = { count, simulated, engines, size };
    const nodes = await startAll(setUp, { own, network, registry, figures, ...asked, started });
    const entries = nodes.map(({ entry }) => entry);
    const hosts = nodes.map(({ engine }) => engine);
    return { env: started.env, servers: started.servers, nodes: entries, hosts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Plan extends MachinesOptions {
  readonly own: { readonly registry: boolean; readonly builder: boolean; readonly nodes: boolean };
  readonly network: Network;
  readonly registry: RegistryAccess;
  readonly figures: HostFigures | undefined;
  readonly started: Started;
}

async function startAll(setUp: SetUp, plan: Plan): Promise<readonly RunningNode[]> {
  const { own, network, registry, count, started } = plan;
  const startsRegistry = own.registry
    ? timed(setUp, 'Registry', () => startRegistry(setUp, registry)).then((part) => {
        started.stops.push(() => part.stop());
        Object.assign(started.env, part.env);
        started.servers.push(...(part.servers ?? []));
      })
    : undefined;
  const startsBuilder = own.builder
    ? timed(setUp, 'Builder', () =>
        startEngineHost(setUp, {
          ...{ name: 'builder', host: BUILDER_HOST, network, registry },
          program: plan.simulated ? simulatedEngine('builder') : plan.engines.builder,
        }),
      ).then((builder) => {
        started.stops.push(() => builder.stop());
        started.env['BUILDER_HOST'] = `unix://${builder.socketPath}`;
        return builder;
      })
    : undefined;
  const startsNodes = own.nodes ? startNodes(setUp, plan, count) : undefined;
  const readies = [startsRegistry, startsBuilder, startsNodes] as const;
  const loads = loadImages(setUp, plan, readies);
  // All are waited for before a failure is passed on: what still starts could not be stopped otherwise.
  const results = await Promise.allSettled([...readies, loads]);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
  return (await startsNodes) ?? [];
}

async function startNodes(setUp: SetUp, plan: Plan, count: number): Promise<readonly RunningNode[]> {
  const { network, registry, figures, simulated, engines, size, started } = plan;
  const loginKey = await makeLoginKey(setUp);
  const indices = Array.from({ length: count }, (_, index) => index + 1);
  const results = await Promise.allSettled(
    indices.map(async (index) => {
      const node = await timed(setUp, `Node ${index}`, () =>
        startNode(setUp, index, {
          ...{ network, registry, loginKey, size, figures: figures?.folder },
          program: simulated ? simulatedEngine(`node-${index}`) : (engines.nodes ?? dockerHere),
          diskMiB: setUp.breakable && index === count ? SMALL_DISK_MIB : undefined,
        }),
      );
      started.stops.push(() => node.engine.stop());
      return node;
    }),
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
  const nodes = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const file = writeNodes(
    setUp,
    nodes.map((node) => node.entry),
  );
  Object.assign(started.env, { SLIPWAY_NODES_FILE: file, SLIPWAY_TEST_NODES: file });
  return nodes;
}

type Readies = readonly [
  Promise<void> | undefined,
  Promise<EngineHost> | undefined,
  Promise<readonly RunningNode[]> | undefined,
];

/** Base images onto our builder; through our registry onto our nodes. Someone's own engines and registry stay as they are. */
async function loadImages(setUp: SetUp, plan: Plan, readies: Readies): Promise<void> {
  const { own, registry, simulated, started } = plan;
  if (!own.builder || process.env['BASE_IMAGES']) return;
  // Simulated engines have them from the start.
  if (simulated) return nameBaseImages(started);
  const tar = await rootFileSystem(setUp);
  const [registryReady, builderReady, nodesReady] = readies;
  await registryReady;
  const builder = await builderReady;
  const nodes = await nodesReady;
  if (builder === undefined) return;
  const client = new DockerClient(setUp, own.registry ? registry : undefined);
  await timed(setUp, 'Base images', async () => {
    await loadBuilder(client, builder.socketPath, tar);
    if (!own.registry) return;
    await pushBase(client, builder.socketPath, { registry, tar });
    if (plan.engines.nodes?.isAbsent === true) return;
    await Promise.all(
      (nodes ?? []).map((node) => pullBase(client, node.engine.socketPath, { registry, tar })),
    );
  });
  const wanted = { socketPath: builder.socketPath, wanted: wantedToolchains() };
  nameBaseImages(started, await buildToolchains(setUp, client, wanted));
}

function nameBaseImages({ env }: Started, toolchains: Readonly<Record<string, string>> = {}): void {
  const { python, node } = BASE_IMAGES;
  env['BASE_IMAGES'] = Object.entries({ ...BASE_IMAGES, ...toolchains })
    .map((pair) => pair.join('='))
    .join(',');
  env['LEGACY_BASE_IMAGES'] = `python=${python},node=${node}`;
}
