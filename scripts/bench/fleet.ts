import { parseServiceConfig } from '#libs/contracts';
import type { Engine, RegistryAuth } from '#libs/engine';
import { waitAfter } from '../../apps/deployer/src/rollout/probe-until-healthy.js';
import { Turns } from '../../apps/deployer/src/task/turns.js';
import { nextPort, untilHealthy } from './probe.js';
import type { Files } from './service.js';
import type { Answered, SlipwayUser } from './slipway-user.js';

/** Of a node: its engine over a kept SSH connection, and where its containers answer. */
interface FleetNode {
  readonly engine: Engine;
  readonly address: string;
}

/** By name. */
export type FleetNodes = ReadonlyMap<string, FleetNode>;

/** What is needed to measure one against the other. */
export interface Sides {
  readonly user: SlipwayUser;
  readonly nodes: FleetNodes;
  readonly auth: RegistryAuth;
  readonly signal: AbortSignal;
}

const APP = 'fleet';
const PORT = 3_000;
/** Pulls of all images to one node at once, before the clock runs. */
const PULLS = 4;

/** A service that is up at once: what is measured is what starts it. `busy` is the share of a core that it keeps busy. */
export function tinyService({ replicas = 1, drainMs = 0, busy = 0 } = {}): Files {
  const config = {
    runtime: 'node',
    port: PORT,
    command: ['node', 'server.js'],
    health: { path: '/', stableMs: 0 },
    resources: { cpu: Math.max(0.1, 2 * busy), memoryMiB: 64 },
    stop: { drainMs, graceMs: 1_000 },
    replicas,
  };
  const server = [
    "require('node:http').createServer((_, response) => response.end('ok')).listen(process.env.PORT);",
    "process.on('SIGTERM', () => process.exit());",
    ...(busy === 0 ? [] : [busyLoop(busy)]),
  ];
  return { 'config.json': JSON.stringify(config), 'server.js': server.join('\n') };
}

const BUSY_EVERY_MS = 100;

/** JavaScript that keeps a share of a core busy: it rests for the rest of each tenth of a second. */
export const busyLoop = (share: number): string =>
  `setInterval(() => { const end = Date.now() + ${share * BUSY_EVERY_MS}; while (Date.now() < end); }, ${BUSY_EVERY_MS});`;

const CONFIG = parseServiceConfig(tinyService()['config.json'] ?? '');

/** Many services of one application, ready to be started: their releases are made, and their images on every node. */
export class ServiceFleet {
  private readonly started: (() => Promise<void>)[] = [];

  private constructor(
    private readonly user: SlipwayUser,
    private readonly nodes: FleetNodes,
    private readonly names: readonly string[],
    private readonly images: readonly string[],
  ) {}

  get count(): number {
    return this.names.length;
  }

  static async prepare({ user, nodes, auth }: Sides, count: number): Promise<ServiceFleet> {
    const names = Array.from({ length: count }, (_, n) => `s-${String(n).padStart(3, '0')}`);
    await Promise.all(names.map((name) => user.pushService(APP, name, tinyService())));
    const { services } = await user.ask('build-and-run', APP, { services: names });
    const images = await imagesOf(nodes, services);
    await onEveryNode(nodes, images, auth);
    const fleet = new ServiceFleet(user, nodes, names, images);
    await fleet.stop();
    return fleet;
  }

  /** From the publication of one request for all to its reply. */
  run(): Promise<Answered> {
    return this.user.ask('run', APP, { services: this.names });
  }

  async stop(): Promise<void> {
    await this.user.ask('stop', APP, { services: this.names });
  }

  /**
   * Milliseconds for the same containers by the engines' API alone, so many creates and starts at once on each node,
   * until each answers.
   */
  async enginesAlone(atOnce: number): Promise<number> {
    const turns = new Turns(() => atOnce);
    const nodes = [...this.nodes.values()];
    const before = performance.now();
    await Promise.all(
      this.images.map((image, n) => this.startAlone(image, nodes[n % nodes.length] as FleetNode, turns)),
    );
    return performance.now() - before;
  }

  private async startAlone(image: string, { engine, address }: FleetNode, turns: Turns): Promise<void> {
    const hostPort = nextPort();
    await turns.take(address, new AbortController().signal, async () => {
      const created = await createLike(engine, image, hostPort);
      this.started.push(() => engine.remove(created));
      await engine.start(created);
    });
    await untilHealthy(`http://${address}:${hostPort}/`, waitAfter);
  }

  async removeStarted(): Promise<void> {
    await Promise.all(this.started.splice(0).map((remove) => remove()));
  }
}

/** As Slipway makes them: the same limits, the same way to their port. */
function createLike(engine: Engine, image: string, hostPort: number): Promise<string> {
  const { resources, stop } = CONFIG;
  return engine.createContainer({
    ...{ name: `fleet-${process.pid}-${hostPort}`, image, hostPort, containerPort: PORT },
    ...{ env: { PORT: String(PORT) }, labels: {}, ...resources, stopSignal: stop.signal },
  });
}

/** What runs of each service, by digest. */
export function imagesOf(nodes: FleetNodes, services: Answered['services']): Promise<readonly string[]> {
  return Promise.all(
    services.map(async ({ name, instances: [instance] }) => {
      const { engine } = nodes.get(instance?.node ?? '') ?? {};
      const state = await engine?.inspect(instance?.container ?? '');
      if (state === undefined) throw new Error(`The container of ${name} is not on its node.`);
      return state.image;
    }),
  );
}

/** Any node may be the next one's. */
export async function onEveryNode(
  nodes: FleetNodes,
  images: readonly string[],
  auth: RegistryAuth,
): Promise<void> {
  const turns = new Turns(() => PULLS);
  const { signal } = new AbortController();
  await Promise.all(
    [...nodes].flatMap(([name, { engine }]) =>
      images.map((image) => turns.take(name, signal, () => engine.pull(image, auth))),
    ),
  );
}
