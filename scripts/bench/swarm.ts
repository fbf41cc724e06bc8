import { setTimeout as delay } from 'node:timers/promises';
import { parseServiceConfig } from '#libs/contracts';
import { waitAfter } from '../../apps/deployer/src/rollout/probe-until-healthy.js';
import { engineCall } from '../one-machine/engine-api.js';
import type { EngineHost } from '../one-machine/engine-host.js';
import { tinyService } from './fleet.js';
import { untilHealthy } from './probe.js';
import type { Files } from './service.js';

const POLL_MS = 20;
const LONGEST_MS = 60_000;
const MANAGER_PORT = 2377;
/** The bridge that the engine makes for a swarm, and leaves behind. */
const BRIDGE = 'docker_gwbridge';

interface SwarmTask {
  readonly NodeID: string;
  readonly Status: {
    readonly State: string;
    readonly PortStatus?: { readonly Ports?: readonly { readonly PublishedPort: number }[] };
  };
}

/** Docker Swarm on the same engines: the peer that starts replicas of an image where it likes. */
export class Swarm {
  private count = 0;
  /** By the swarm's ids. */
  private readonly addresses = new Map<string, string>();

  private constructor(private readonly hosts: readonly EngineHost[]) {}

  static async form(hosts: readonly EngineHost[]): Promise<Swarm> {
    const swarm = new Swarm(hosts);
    await swarm.dissolve();
    try {
      await swarm.join();
      return swarm;
    } catch (error) {
      await swarm.dissolve();
      throw error;
    }
  }

  /**
   * Milliseconds from the call that creates a service (`docker service create` makes it) until each replica runs and
   * answers; then the service is removed. Replicas are published by their nodes, without Swarm's overlay network.
   * @param whileRunning done before it is removed
   */
  async create(
    image: string,
    replicas: number,
    { files = tinyService(), whileRunning }: { files?: Files; whileRunning?: () => Promise<void> } = {},
  ): Promise<number> {
    const name = `peer-${(this.count += 1)}`;
    const before = performance.now();
    await this.onManager('POST', '/services/create', serviceSpec(name, image, { replicas, files }));
    const tasks = await this.untilRunning(name, replicas);
    const urls = tasks.map(({ NodeID, Status }) => {
      const port = Status.PortStatus?.Ports?.[0]?.PublishedPort;
      return `http://${this.addresses.get(NodeID)}:${port}/`;
    });
    await Promise.all(urls.map((url) => untilHealthy(url, waitAfter)));
    const ms = performance.now() - before;
    await whileRunning?.();
    await this.remove(name);
    return ms;
  }

  /** Nothing of it stays on the engines. */
  async dissolve(): Promise<void> {
    await Promise.all(
      this.hosts.map(async ({ socketPath }) => {
        const ignored = (): string => '';
        await engineCall(socketPath, 'POST', '/swarm/leave?force=1').catch(ignored);
        await engineCall(socketPath, 'DELETE', `/networks/${BRIDGE}`).catch(ignored);
      }),
    );
  }

  private async join(): Promise<void> {
    const [manager, ...workers] = this.hosts;
    if (manager === undefined) throw new Error('a swarm needs a node');
    const address = `${manager.address}:${MANAGER_PORT}`;
    await this.onManager('POST', '/swarm/init', { ListenAddr: address, AdvertiseAddr: address });
    const { JoinTokens } = (await this.onManager('GET', '/swarm')) as { JoinTokens: { Worker: string } };
    for (const worker of workers) {
      const own = `${worker.address}:${MANAGER_PORT}`;
      const body = {
        ListenAddr: own,
        AdvertiseAddr: own,
        RemoteAddrs: [address],
        JoinToken: JoinTokens.Worker,
      };
      await engineCall(worker.socketPath, 'POST', '/swarm/join', body);
    }
    const nodes = (await this.onManager('GET', '/nodes')) as { ID: string; Status: { Addr: string } }[];
    for (const { ID, Status } of nodes) this.addresses.set(ID, Status.Addr);
  }

  private async untilRunning(name: string, replicas: number): Promise<readonly SwarmTask[]> {
    for (const deadline = performance.now() + LONGEST_MS; ; await delay(POLL_MS)) {
      const tasks = await this.tasksOf(name);
      if (tasks.filter(isRunning).length === replicas) return tasks.filter(isRunning);
      if (performance.now() > deadline)
        throw new Error(`${name} did not run within ${LONGEST_MS} ms: ${JSON.stringify(tasks)}`);
    }
  }

  private async remove(name: string): Promise<void> {
    await this.onManager('DELETE', `/services/${name}`);
    for (const { socketPath } of this.hosts)
      while (JSON.parse(await engineCall(socketPath, 'GET', ofService(name))).length > 0)
        await delay(POLL_MS);
  }

  private async tasksOf(name: string): Promise<readonly SwarmTask[]> {
    const filters = encodeURIComponent(JSON.stringify({ service: [name] }));
    return (await this.onManager('GET', `/tasks?filters=${filters}`)) as readonly SwarmTask[];
  }

  private async onManager(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const said = await engineCall(this.hosts[0]?.socketPath ?? '', method, path, body);
    return said === '' ? undefined : JSON.parse(said);
  }
}

const isRunning = ({ Status }: SwarmTask): boolean =>
  Status.State === 'running' && Status.PortStatus?.Ports?.[0] !== undefined;

const ofService = (name: string): string =>
  `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ label: [`com.docker.swarm.service.name=${name}`] }))}`;

/**
 * The limits under which Slipway starts the same. Without the image's own health check: Swarm would wait for its first
 * run, 10 s after the start, while the probe from outside says at once what it says.
 */
function serviceSpec(
  name: string,
  image: string,
  { replicas, files }: { readonly replicas: number; readonly files: Files },
): object {
  const { resources, port } = parseServiceConfig(files['config.json'] ?? '');
  const limits = { NanoCPUs: resources.cpu * 1_000_000_000, MemoryBytes: resources.memoryMiB * 1024 ** 2 };
  return {
    Name: name,
    TaskTemplate: {
      ContainerSpec: { Image: image, Env: [`PORT=${port}`], Init: true, Healthcheck: { Test: ['NONE'] } },
      Resources: { Limits: { ...limits, Pids: 512 } },
    },
    Mode: { Replicated: { Replicas: replicas } },
    EndpointSpec: { Mode: 'dnsrr', Ports: [{ Protocol: 'tcp', TargetPort: port, PublishMode: 'host' }] },
  };
}
