import type { ContainerCreateOptions, HostConfig } from 'dockerode';

export interface HealthCommand {
  /** Program and arguments, run within the container. */
  readonly command: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** What it listens on, and where that is published; nothing is published where either is left out. */
  readonly containerPort?: number;
  readonly hostPort?: number;
  readonly memoryMiB: number;
  /** CPUs; a half is 0.5. */
  readonly cpu: number;
  /** It runs once and ends, and is not started again. */
  readonly isOneOff?: boolean;
  readonly stopSignal?: string;
  /** As the image knows it: `1000:1000`, `app`; the image's own where left out. */
  readonly user?: string;
  /** The image's own where left out. */
  readonly workdir?: string;
  /** Folders in memory, writable by everybody. */
  readonly tmpfs?: readonly string[];
  /** Volumes of the engine, by name; made where there is none. */
  readonly volumes?: readonly { readonly volume: string; readonly path: string }[];
  /** Whether nothing but `tmpfs` and /tmp can be written; /tmp lies in memory then. */
  readonly readOnly?: boolean;
  /** `false`: the program of the image is process 1. */
  readonly init?: boolean;
  readonly command?: readonly string[];
  readonly health?: HealthCommand;
}

const MIB = 1024 ** 2;
const NANOS_PER_MS = 1_000_000;
const MAX_PROCESSES = 512;

/**
 * What a web server's start as root needs: to bind a low port, to give files to its user and to become it
 * (nginx does all of these). All else goes.
 */
const NEEDED_CAPABILITIES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'KILL',
  'NET_BIND_SERVICE',
  'SETGID',
  'SETUID',
];

/** The spec as the engine's API takes it. A container of a stranger's code: few capabilities, hard limits. */
export function createOptions(spec: ContainerSpec): ContainerCreateOptions & { name: string } {
  const { containerPort, hostPort } = spec;
  const port = containerPort === undefined || hostPort === undefined ? undefined : `${containerPort}/tcp`;
  const memoryBytes = Math.round(spec.memoryMiB * MIB);
  return {
    name: spec.name,
    Image: spec.image,
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...spec.labels },
    ...(port !== undefined && { ExposedPorts: { [port]: {} } }),
    ...(spec.command && { Cmd: [...spec.command] }),
    ...(spec.stopSignal && { StopSignal: spec.stopSignal }),
    ...(spec.user && { User: spec.user }),
    ...(spec.workdir && { WorkingDir: spec.workdir }),
    // Whoever launches it probes it from outside: an image's own check would start a process in each again and again.
    Healthcheck: spec.health ? healthcheck(spec.health) : { Test: ['NONE'] },
    HostConfig: {
      ...(port !== undefined && { PortBindings: { [port]: [{ HostPort: String(hostPort) }] } }),
      // A restart hides its exit code; Engine.firstExit tells it all the same.
      RestartPolicy: { Name: spec.isOneOff === true ? 'no' : 'unless-stopped' },
      Memory: memoryBytes,
      // The same as memory: no swap beside it, else a leak slows the whole node before it is stopped.
      MemorySwap: memoryBytes,
      NanoCpus: Math.round(spec.cpu * 1_000_000_000),
      PidsLimit: MAX_PROCESSES,
      Privileged: false,
      CapDrop: ['ALL'],
      CapAdd: NEEDED_CAPABILITIES,
      SecurityOpt: ['no-new-privileges'],
      // Reaps the zombies of services that start processes, and gives signals to those that are no good PID 1.
      Init: spec.init ?? true,
      ReadonlyRootfs: spec.readOnly ?? false,
      ...mounts(spec),
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
  };
}

/** As /tmp of an ordinary image is: what programs unpack there may be started. */
const TMPFS_OPTIONS = 'rw,exec,nosuid,nodev,mode=1777';

function mounts({ tmpfs = [], volumes = [], readOnly }: ContainerSpec): Pick<HostConfig, 'Tmpfs' | 'Mounts'> {
  const inVolume = volumes.some(({ path }) => path === '/tmp');
  const paths = new Set([...tmpfs, ...(readOnly === true && !inVolume ? ['/tmp'] : [])]);
  return {
    ...(paths.size > 0 && { Tmpfs: Object.fromEntries([...paths].map((path) => [path, TMPFS_OPTIONS])) }),
    ...(volumes.length > 0 && {
      Mounts: volumes.map(({ volume, path }) => ({ Type: 'volume', Source: volume, Target: path })),
    }),
  };
}

function healthcheck(health: HealthCommand) {
  return {
    Test: ['CMD', ...health.command],
    Interval: health.intervalMs * NANOS_PER_MS,
    Timeout: health.timeoutMs * NANOS_PER_MS,
    Retries: health.retries,
  };
}
