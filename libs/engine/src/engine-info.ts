import { EngineError } from './errors.js';

/** Limits of a container that an engine may be unable to enforce. */
export type Limit = 'memory' | 'cpu';

export interface EngineInfo {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly name: string;
  /** Of Docker its number; any other engine's begins with its name, such as `podman 4.3.1`. */
  readonly version: string;
  /** Where it keeps images and the cache of builds, on its own machine. */
  readonly rootDirectory: string;
  /** Of its machine, as the kernel names it: `x86_64`, `aarch64`. */
  readonly architecture: string;
  /** Of images and containers, such as `overlay2`; undefined where it does not say, as of the next two. */
  readonly storageDriver?: string;
  readonly cgroupVersion?: '1' | '2';
  readonly cgroupDriver?: string;
  /** Which limits it accepts and does not enforce, as rootless engines on cgroup v1. */
  readonly unenforced: readonly Limit[];
}

/** Of `GET /info`, what is used of it. Engines that speak Docker's API may leave any of it out. */
export interface InfoAnswer {
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly Name: string;
  readonly ServerVersion: string;
  readonly DockerRootDir: string;
  readonly Architecture: string;
  readonly MemoryLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly CgroupDriver?: string;
  /** Of Docker: names and values. */
  readonly DriverStatus?: readonly (readonly string[])[] | null;
  /** The time of its machine. */
  readonly SystemTime?: string;
  readonly CgroupVersion?: string;
  readonly Driver?: string;
}

/** Of `GET /version`. */
export interface VersionAnswer {
  readonly ApiVersion: string;
  readonly Os?: string;
  readonly Components?: readonly { readonly Name: string }[];
}

/** Docker 20.10, and Podman from 4 on. Each engine is asked in the newest version that it has. */
const OLDEST_API = [1, 41] as const;
/** BuildKit is in every Linux engine of Docker from API 1.39 on, whatever its default builder is. */
const BUILDKIT_SINCE = [1, 39] as const;

function isAtLeast({ ApiVersion }: VersionAnswer, [least, leastMinor]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = ApiVersion.split('.').map(Number);
  return major > least || (major === least && minor >= leastMinor);
}

export function engineInfoOf(info: InfoAnswer, version: VersionAnswer): EngineInfo {
  return {
    ...{ cpus: info.NCPU, memoryBytes: info.MemTotal, name: info.Name },
    version: isPodman(version) ? `podman ${info.ServerVersion}` : info.ServerVersion,
    rootDirectory: info.DockerRootDir,
    architecture: info.Architecture,
    storageDriver: info.Driver,
    cgroupVersion: cgroupVersionOf(info),
    cgroupDriver: info.CgroupDriver,
    unenforced: unenforcedBy(info),
  };
}

/** Throws ENGINE_UNSUPPORTED where the engine is too old for what is asked of it. */
export function assertSupported(version: VersionAnswer): void {
  if (isAtLeast(version, OLDEST_API)) return;
  throw new EngineError('ENGINE_UNSUPPORTED', {
    message: `The engine speaks version ${version.ApiVersion} of Docker's API; ${OLDEST_API.join('.')} or newer is needed.`,
    hint: 'Install Docker 20.10 or newer, or Podman 4 or newer, on that machine.',
  });
}

/** Podman builds by itself, and knows neither BuildKit's messages nor its cache. */
export function hasBuildKit(version: VersionAnswer): boolean {
  return version.Os === 'linux' && isAtLeast(version, BUILDKIT_SINCE) && !isPodman(version);
}

/** Whether Docker keeps images in containerd, as it may from version 23 on and does from 29 on. */
export const hasContainerdStore = ({ DriverStatus }: InfoAnswer): boolean =>
  (DriverStatus ?? []).some(([, value]) => value === 'io.containerd.snapshotter.v1');

export const isPodman = ({ Components = [] }: VersionAnswer): boolean =>
  Components.some(({ Name }) => /^podman/i.test(Name));

/** Podman writes `v2`. */
function cgroupVersionOf({ CgroupVersion }: InfoAnswer): EngineInfo['cgroupVersion'] {
  const version = CgroupVersion?.replace(/^v/, '');
  return version === '1' || version === '2' ? version : undefined;
}

function unenforcedBy({ MemoryLimit, CpuCfsQuota, CgroupDriver }: InfoAnswer): readonly Limit[] {
  if (CgroupDriver === 'none') return ['memory', 'cpu'];
  return [
    ...(MemoryLimit === false ? (['memory'] as const) : []),
    ...(CpuCfsQuota === false ? (['cpu'] as const) : []),
  ];
}
