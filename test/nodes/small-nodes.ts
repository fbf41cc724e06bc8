import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';
export { accountedSeconds } from '../../scripts/bench/agent/group-cpu.js';
import type { EngineHost } from '../../scripts/one-machine/engine-host.js';
import { dockerHere } from '../../scripts/one-machine/engine-program.js';
import { startHostFigures } from '../../scripts/one-machine/host-figures.js';
import { DockerClient } from '../../scripts/one-machine/image-loading.js';
import { startTicksOf } from '../../scripts/one-machine/ledger.js';
import { createNetwork } from '../../scripts/one-machine/network.js';
import { makeLoginKey, type RunningNode, startNode } from '../../scripts/one-machine/nodes.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';
import type { SetUp } from '../../scripts/one-machine/set-up.js';
import { cacheDirectory, claimSlot, type Slot } from '../../scripts/one-machine/slot.js';
import { filesOf } from '../engines/programs.js';

const run = promisify(execFile);

export const SIZE = { cpus: 1, memoryMiB: 512 };
const NODES = 3;
const IMAGE = 'slipway-load:1';
/** They pull nothing. */
const REGISTRY = {
  ...{ host: 'registry.invalid', username: '', password: '', caFile: undefined, ours: false },
};

/** Three nodes with one processor and little memory, without registry and builder; they have an image with Perl. */
export class SmallNodes {
  private constructor(
    readonly nodes: readonly RunningNode[],
    private readonly docker: DockerClient,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<SmallNodes> {
    const slot = await claimSlot();
    const setUp: SetUp = { slot, cache: cacheDirectory(), report: () => undefined, breakable: false };
    const stops: (() => Promise<void>)[] = [];
    const stop = async (): Promise<void> => {
      for (const end of stops.splice(0).reverse()) await end();
      await slot.ledger.undo();
      await slot.release();
    };
    try {
      await ensurePackages(setUp);
      const network = await createNetwork(slot);
      const figures = await startHostFigures(setUp);
      stops.push(() => figures.stop());
      const loginKey = await makeLoginKey(setUp);
      const options = { network, registry: REGISTRY, loginKey, program: dockerHere, figures: figures.folder };
      const nodes: RunningNode[] = [];
      for (let index = 1; index <= NODES; index += 1) {
        const node = await startNode(setUp, index, { ...options, size: SIZE });
        stops.push(() => node.engine.stop());
        nodes.push(node);
      }
      const docker = new DockerClient(setUp, undefined);
      await loadImage(docker, slot, nodes);
      return new SmallNodes(nodes, docker, stop);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  /** A container that runs a Perl program to its end; gives its exit code. */
  async run(host: EngineHost, perl: string): Promise<number> {
    const id = await this.start(host, perl);
    return Number(await this.docker.call(host.socketPath, 'wait', id));
  }

  /** A container that runs a Perl program; gives its id. */
  async start(host: EngineHost, perl: string): Promise<string> {
    const command = [IMAGE, '/usr/bin/perl', '-e', perl];
    return (await this.docker.call(host.socketPath, 'run', '--detach', ...command)).trim();
  }

  logs(host: EngineHost, id: string): Promise<string> {
    return this.docker.call(host.socketPath, 'logs', id);
  }

  async remove(host: EngineHost, id: string): Promise<void> {
    await this.docker.call(host.socketPath, 'rm', '--force', id);
  }
}

async function loadImage(docker: DockerClient, slot: Slot, nodes: readonly RunningNode[]): Promise<void> {
  const tar = pack();
  for (const [path, content] of filesOf(['/usr/bin/perl']))
    tar.entry({ name: path.slice(1), mode: 0o755 }, content);
  tar.finalize();
  const file = join(slot.directory, 'load.tar');
  await writeFile(file, await buffer(tar as unknown as NodeJS.ReadableStream));
  for (const { engine } of nodes) await docker.call(engine.socketPath, 'import', file, IMAGE);
}

/** A file as the node's users read it. */
export async function readOn(host: EngineHost, path: string): Promise<string> {
  // Of its mounts and process ids, and not in its control group: what this costs is not the node's.
  return (await run('nsenter', ['-t', String(host.pid()), '-m', '-p', 'cat', path])).stdout;
}

const TICKS_PER_SECOND = 100;

/** What /proc/stat says that the node's processors have done since some point, in seconds. */
export async function busySeconds(host: EngineHost): Promise<number> {
  const [, user = 0, nice = 0, system = 0] = (await readOn(host, '/proc/stat')).split(/\s+/).map(Number);
  return (user + nice + system) / TICKS_PER_SECOND;
}

/** The first figure with this name in a file such as /proc/meminfo. */
export async function figureOf(host: EngineHost, path: string, name: string): Promise<number> {
  const found = new RegExp(`${name}\\D*(\\d+)`).exec(await readOn(host, path));
  if (found === null) throw new Error(`${path} of ${host.name} has no ${name}`);
  return Number(found[1]);
}

export async function availableMiB(host: EngineHost): Promise<number> {
  return (await figureOf(host, '/proc/meminfo', 'MemAvailable:')) / 1024;
}

/** The node's processes, those in containers left out, with their control groups. */
export function processesOn(host: EngineHost): readonly { readonly name: string; readonly groups: string }[] {
  const spaceOf = (pid: string): string => readlinkSync(`/proc/${pid}/ns/pid`);
  const own = spaceOf(String(host.pid()));
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        // What has ended, and is not waited for, is in no group any more.
        if (spaceOf(pid) !== own || startTicksOf(Number(pid)) === undefined) return [];
        const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
        return [{ name, groups: readFileSync(`/proc/${pid}/cgroup`, 'utf8') }];
      } catch {
        return []; // It ended meanwhile.
      }
    });
}
