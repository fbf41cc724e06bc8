import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BASE_IMAGES } from './base-images.js';
import { Child } from './child.js';
import { engineAnswers, removeContainers } from './engine-api.js';
import type { Network } from './network.js';
import type { RegistryAccess } from './registry.js';
import type { SetUp } from './set-up.js';

/** sun_path of unix(7) has 108 bytes, the last a zero. */
const LONGEST_SOCKET_PATH = 107;

/** A Docker engine as on a machine of its own: own address, host name, processes, mounts and images. */
export interface EngineHost {
  readonly name: string;
  readonly address: string;
  /** The engine's socket as this machine sees it. */
  readonly socketPath: string;
  readonly folder: string;
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
  /** A simulated engine in the place of Docker's: containers without processes, images without layers. */
  readonly simulated?: boolean;
  /** A disk of its own for the engine, in memory; the machine's when left out. */
  readonly diskMiB?: number;
}

/** The socket where users look for an engine; below the host's own /run. */
const USUAL_SOCKET = '/run/docker.sock';

/**
 * The first process of the namespaces. Its arguments are positional, so that no value becomes part of the script.
 * /run and /etc/docker are its own: the host may run an engine too, and has its own authorities.
 */
const BOOT = `set -eu
folder=$1 name=$2 registry=$3 sshd_config=$4 ca=$5 disk=$6
shift 6
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/docker
mkdir -p /run/sshd /run/docker
if [ -n "$ca" ]; then
  mkdir -p "/etc/docker/certs.d/$registry"
  cp "$ca" "/etc/docker/certs.d/$registry/ca.crt"
fi
if [ -n "$disk" ]; then
  mkdir -p "$folder/docker"
  mount -t tmpfs -o "size=$disk" tmpfs "$folder/docker"
fi
hostname "$name"
if [ -n "$sshd_config" ]; then /usr/sbin/sshd -D -e -f "$sshd_config" 2>"$folder/sshd.log" & fi
exec "$@" >"$folder/engine.log" 2>&1
`;

/** Starts the engine and waits until it answers and holds no container of an earlier start. */
export async function startEngineHost({ slot }: SetUp, options: EngineHostOptions): Promise<EngineHost> {
  const { name, network, registry, sshdConfig = '' } = options;
  const folder = join(slot.directory, name);
  const socketPath = join(folder, 'docker.sock');
  if (Buffer.byteLength(socketPath) > LONGEST_SOCKET_PATH)
    throw new Error(`${socketPath} is too long for a socket: set XDG_CACHE_HOME to a shorter path.`);
  mkdirSync(folder, { recursive: true });
  mkdirSync('/etc/docker', { recursive: true });
  rmSync(socketPath, { force: true });
  const netns = `slipway${slot.number}-${name}`;
  const address = await network.join(netns, options.host);
  const ca = registry.caFile === undefined ? '' : join(folder, 'registry-ca.crt');
  if (registry.caFile !== undefined) copyFileSync(registry.caFile, ca);
  slot.ledger.hold({ kind: 'cgroup', name: netns });
  const sockets = [USUAL_SOCKET, socketPath];
  const engine = options.simulated
    ? simulatedEngine(name, sockets, ca)
    : dockerEngine(netns, sockets, { folder, containerAddress: `${network.containerPrefix}.1/24` });
  const disk = options.diskMiB === undefined ? '' : `${options.diskMiB}m`;
  const boot = [folder, netns, registry.host, sshdConfig, ca, disk, ...engine];
  const namespaces = ['unshare', '-m', '-u', '-i', '-p', '-f', '--kill-child'];
  const args = [`--net=/run/netns/${netns}`, ...namespaces, 'bash', '-c', BOOT, 'boot', ...boot];
  const start = async (): Promise<Child> => {
    const started = new Child(name, 'nsenter', args, { ledger: slot.ledger, abrupt: true });
    await started
      .until(() => engineAnswers(socketPath))
      .catch((cause: unknown) => {
        const said = tail(join(folder, 'engine.log'));
        throw new Error(`The engine of ${name} did not start:\n${said}`, { cause });
      });
    return started;
  };
  let child = await start();
  await removeContainers(socketPath);
  return {
    ...{ name, address, socketPath, folder },
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

interface DockerPlace {
  readonly folder: string;
  readonly containerAddress: string;
}

/** Command and arguments of Docker's engine. */
function dockerEngine(
  name: string,
  sockets: readonly string[],
  { folder, containerAddress }: DockerPlace,
): readonly string[] {
  return [
    ...['/usr/sbin/dockerd', '--data-root', join(folder, 'docker'), '--exec-root', '/run/docker'],
    ...['--pidfile', '/run/docker.pid', '--bip', containerAddress],
    ...['--cgroup-parent', `/${name}`, '--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ...sockets.flatMap((path) => ['-H', `unix://${path}`]),
  ];
}

/** Of a process of this project: its containers' ports are the host's as an engine's are. */
function simulatedEngine(name: string, sockets: readonly string[], ca: string): readonly string[] {
  return [
    ...[process.execPath, resolve('dist', 'test', 'simulator', 'main.js'), '--name', name],
    ...sockets.flatMap((path) => ['--socket', path]),
    ...Object.values(BASE_IMAGES).flatMap((image) => ['--image', image]),
    ...(ca === '' ? [] : ['--registry-ca', ca]),
  ];
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
