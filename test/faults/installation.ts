import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import type { EngineHost } from '../../scripts/one-machine/engine-host.js';
import type { Server } from '../../scripts/one-machine/part.js';
import { type OneMachine, startOneMachine } from '../../scripts/one-machine/start.js';
import { gatewayPlace } from '../../scripts/platform.js';
import { Fleet, type Watcher } from '../../scripts/soak/fleet.js';
import type { NodeEntry } from '#libs/testing';
import { RegistryFront } from './registry-front.js';
import { CLOCK_FILE } from './stepped-clock.js';

export const REPLICAS = 3;
/** Of the agent, of the node manager, and of the load balancer. */
export const WATCHERS = 2;
const NODES = 4;

const COUNTS = { replicas: REPLICAS, managers: WATCHERS, agents: WATCHERS, balancers: WATCHERS };

/** Looks often, so that what a fault left is put right in a time that can be waited for. */
const SETTINGS = {
  DEPLOYER_RECONCILE_MS: '2000',
  DEPLOYER_ORPHAN_AGE_MS: '5000',
  DEPLOYER_STABLE_MS: '300',
  NODE_OPTIONS: `--import ${pathToFileURL(resolve('dist/test/faults/stepped-clock.js')).href}`,
};

/** A set-up of its own, in which anything may be broken, with three deployers, a gateway, and two of each other app. */
export class Installation {
  private constructor(
    private readonly machine: OneMachine,
    private readonly fleet: Fleet,
    readonly database: pg.Pool,
    /** Of the sources that deployers unpack. */
    readonly workDirectory: string,
    readonly clockFile: string,
    readonly registry: RegistryFront,
    /** Where the gateway takes requests. */
    readonly trafficPort: number,
  ) {}

  static async start(): Promise<Installation> {
    const machine = await startOneMachine({ breakable: true, nodes: NODES, report: () => undefined });
    Object.assign(process.env, machine.env);
    const root = await mkdtemp(join(tmpdir(), 'slipway-faults-'));
    machine.ledger.hold({ kind: 'directory', path: root });
    const clockFile = join(root, 'clock');
    const workDirectory = join(root, 'sources');
    const own = { DEPLOYER_WORK_DIRECTORY: workDirectory, [CLOCK_FILE]: clockFile };
    try {
      const docker = machine.servers.find(({ name }) => name === 'Registry') as Server;
      const registry = await RegistryFront.install(docker, machine.ledger);
      const env = { ...machine.env, ...SETTINGS, ...own };
      const place = await gatewayPlace(machine.ledger);
      const fleet = await Fleet.start({
        ...machine,
        env,
        ...COUNTS,
        gateway: { ...place.env, GATEWAY_HTTP_PORT: '0' },
        seed: 1,
      });
      const database = new pg.Pool({ connectionString: machine.env['DATABASE_URL'], max: 4 });
      database.on('error', () => undefined);
      const trafficPort = Number(new URL(place.shown.SLIPWAY_TRAFFIC_URL).port);
      return new Installation(machine, fleet, database, workDirectory, clockFile, registry, trafficPort);
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.database.end();
    await this.fleet.stop();
    await this.registry.remove();
    await this.machine.stop();
    await rm(join(this.workDirectory, '..'), { recursive: true, force: true });
  }

  server(name: string): Server {
    const server = this.machine.servers.find((one) => one.name === name);
    if (server === undefined) throw new Error(`${name} was not started here`);
    return server;
  }

  get hosts(): readonly EngineHost[] {
    return this.machine.hosts;
  }

  /** The last, which has a small disk, is `-1`. */
  host(place: number): EngineHost {
    const host = this.hosts.at(place);
    if (host === undefined) throw new Error(`there is no node ${place}`);
    return host;
  }

  get ledger(): OneMachine['ledger'] {
    return this.machine.ledger;
  }

  get nodes(): readonly NodeEntry[] {
    return this.machine.nodes;
  }

  /** Kills replicas of an app, all at once; others are in their places, and ready, when `revive` resolves. */
  async kill(app: Watcher, ...places: readonly number[]): Promise<{ revive(): Promise<void> }> {
    const killed = await Promise.all(places.map((place) => this.fleet.killWatcher(app, place)));
    return {
      async revive() {
        await Promise.all(killed.map((one) => one.revive()));
      },
    };
  }

  /** Kills the deployer of a process; another is in its place, and ready, when it resolves. */
  async replaceDeployer(pid: number): Promise<boolean> {
    return this.fleet.replace(pid);
  }

  /** The places of an app's replicas, by the ids of their processes. */
  pidsOf(app: Watcher): readonly number[] {
    return this.fleet.watchersOf(app).map(({ pid }) => pid);
  }

  /** Where the replicas of an app serve HTTP, by the number of their place. */
  urlsOf(app: Watcher): readonly string[] {
    return this.fleet.watchersOf(app).map((one) => Object.values(one.httpUrls())[0] ?? '');
  }

  get deployers(): readonly number[] {
    return this.fleet.deployerPids;
  }

  /** What the suite did not end and yet ended. */
  get crashes(): readonly string[] {
    return this.fleet.crashes;
  }
}
