import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answers, Child } from './child.js';
import { type ControlGroup, type MachineSize, makeGroup } from './control-group.js';
import { engineAnswers, removeContainers } from './engine-api.js';
import { dataOf, dockerHere, type EngineProgram } from './engine-program.js';
import { showing } from './host-figures.js';
import { bootArguments } from './machine-boot.js';
import type { Network } from './network.js';
import type { RegistryAccess } from './registry.js';
import type { SetUp } from './set-up.js';

/** sun_path of unix(7) has 108 bytes, the last a zero. */
const LONGEST_SOCKET_PATH = 107;
const SSH_PORT = 22;

/** A Docker engine as on a machine of its own: own address, host name, processes, mounts and images. */
export interface EngineHost {
  readonly name: string;
  readonly address: string;
  /** The engine's socket as this machine sees it. */
  readonly socketPath: string;
  readonly folder: string;
  /** Holds all its processes. */
  readonly group: ControlGroup;
  /** Of the first process of its namespaces, as this machine numbers processes. */
  pid(): number | undefined;
  /** As if its power were cut: every process in it is gone at once. */
  crash(): Promise<void>;
  /** Starts it after a crash, with the disk that it had; resolves when its engine answers. */
  boot(): Promise<void>;
  stop(): Promise<void>;
}

interface EngineHostOptions {
  readonly name: string;
  /** Last number of its address. */
  readonly host: number;
  readonly network: Network;
  readonly registry: RegistryAccess;
  /** Files that go with an sshd in front of the engine; none when left out. */
  readonly sshdConfig?: string;
  /** Docker's of this machine when left out. */
  readonly program?: EngineProgram;
  /** A disk of its own for the engine, in memory; the machine's when left out. */
  readonly diskMiB?: number;
  /** No limits when left out. */
  readonly size?: MachineSize;
  /** The folder of its host figures; this machine's when left out. */
  readonly figures?: string;
}

/** Starts the engine and waits until it answers and holds no container of an earlier start. */
export async function startEngineHost({ slot }: SetUp, options: EngineHostOptions): Promise<EngineHost> {
  const { name, network, registry, sshdConfig = '', program = dockerHere } = options;
  const folder = join(slot.directory, name);
  const socketPath = join(folder, 'docker.sock');
  if (Buffer.byteLength(socketPath) > LONGEST_SOCKET_PATH)
    throw new Error(`${socketPath} is too long for a socket: set XDG_CACHE_HOME to a shorter path.`);
  mkdirSync(folder, { recursive: true });
  rmSync(socketPath, { force: true });
  const netns = `slipway${slot.number}-${name}`;
  const address = await network.join(netns, options.host);
  const ca = registry.caFile === undefined ? '' : join(folder, 'registry-ca.crt');
  if (registry.caFile !== undefined) copyFileSync(registry.caFile, ca);
  slot.ledger.hold({ kind: 'cgroup', name: netns });
  if (program.root !== undefined) slot.ledger.hold({ kind: 'directory', path: dataOf(folder) });
  const group = makeGroup({ name: netns, size: options.size ?? {}, number: options.host });
  const containerAddress = `${network.containerPrefix}.1/24`;
  const args = bootArguments({
    ...{ program, sshdConfig, group },
    place: { name: netns, folder, socketPath, containerAddress, registry: registry.host, registryCa: ca },
    disk: options.diskMiB === undefined ? '' : `${options.diskMiB}m`,
    show: showing(folder, options.figures, group),
  });
  const start = async (): Promise<Child> => {
    const started = new Child(name, 'nsenter', args, { ledger: slot.ledger, abrupt: true });
    await started
      .until(() => (program.isAbsent === true ? answers(SSH_PORT, address) : engineAnswers(socketPath)))
      .catch((cause: unknown) => {
        const said = tail(join(folder, 'engine.log'));
        throw new Error(`The engine of ${name} did not start:\n${said}`, { cause });
      });
    return started;
  };
  let child = await start();
  if (program.isAbsent !== true) await removeContainers(socketPath);
  return {
    ...{ name, address, socketPath, folder, group },
    pid: () => firstChildOf(child.pid),
    crash: () => child.kill(),
    async boot() {
      child = await start();
    },
    async stop() {
      await removeContainers(socketPath).catch(() => 0);
      await child.stop(firstChildOf(child.pid));
      rmSync(socketPath, { force: true });
    },
  };
}

/** The namespaces' own first process: the engine, which ends in order when asked; `unshare` before it does not pass signals on. */
function firstChildOf(pid: number | undefined): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]) || pid;
  } catch {
    return pid;
  }
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n');
  } catch {
    return '';
  }
}

/** A file that only its owner reads. */
export function writeSecret(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
  chmodSync(path, 0o600);
}
