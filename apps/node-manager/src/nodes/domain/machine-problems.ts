import type { UnchangeableLimits } from './host-answers.js';
import type { PortRange } from './node.js';

/** Something about a machine that its owner should know. */
export interface MachineProblem {
  /** Stable, upper snake case. */
  readonly code: string;
  /** `refuses`: it cannot be a node so. */
  readonly severity: 'refuses' | 'warns';
  readonly message: string;
  readonly hint: string;
}

/** What an engine says of itself and of its machine. */
export interface SeenEngine {
  readonly storageDriver?: string;
  /** Where it keeps images and volumes. */
  readonly rootDirectory: string;
  readonly architecture: string;
  readonly cgroupVersion?: '1' | '2';
  readonly cgroupDriver?: string;
  /** Limits of containers that it cannot enforce. */
  readonly unenforced: readonly ('memory' | 'cpu')[];
}

/** What the machine says itself; what it did not say is left out. */
export interface SeenHost {
  readonly freeBytes?: number;
  /** How far its clock is ahead; negative where it is behind. */
  readonly clockAheadMs?: number;
  /** Of the engine's socket, as `stat -c %a` prints them: 660. */
  readonly socketMode?: string;
  /** TCP ports on which something listens. */
  readonly listeningPorts?: readonly number[];
  /** Limits of what runs that the login cannot change, each with the reason. */
  readonly unchangeable?: UnchangeableLimits;
}

export interface Inspection {
  /** Left out where it cannot be used. */
  readonly engine?: SeenEngine;
  /** Why it cannot be used. */
  readonly engineProblem?: Omit<MachineProblem, 'severity'>;
  readonly host: SeenHost;
}

/** What a machine is measured against. */
export interface Expected {
  readonly ports: PortRange;
  /** Ports of our own instances there: that they are in use is no problem. */
  readonly ownPorts: ReadonlySet<number>;
  readonly allowUnlimited: boolean;
  readonly socketPath: string;
  /** Of the builders; undefined where nobody said. */
  readonly architecture?: string;
  /** Of the other nodes. */
  readonly otherArchitectures: readonly string[];
}

/** Without a place for one layer of an image nothing can start. */
const LEAST_FREE_BYTES = 100 * 1024 ** 2;
const FREE_BYTES_WANTED = 5 * 1024 ** 3;
/** `date +%s` says whole seconds. */
const CLOCK_WARNS_MS = 3_000;
/** Tokens of registries and certificates are refused from about here on. */
const CLOCK_REFUSES_MS = 300_000;

type Check = (seen: Inspection, expected: Expected) => MachineProblem | undefined;

const refuses = (code: string, message: string, hint: string): MachineProblem => ({
  ...{ code, severity: 'refuses', message, hint },
});
const warns = (code: string, message: string, hint: string): MachineProblem => ({
  ...{ code, severity: 'warns', message, hint },
});

const engine: Check = ({ engineProblem }) => engineProblem && { ...engineProblem, severity: 'refuses' };

const limits: Check = ({ engine: { unenforced = [] } = {} }, { allowUnlimited }) => {
  if (unenforced.length === 0) return undefined;
  return (allowUnlimited ? warns : refuses)(
    'LIMITS_UNENFORCED',
    `The engine of this machine cannot enforce limits of ${unenforced.join(' and ')}.`,
    'Use cgroup v2 with delegation, or an engine that runs as root. Or accept that a container there can take the whole machine: slipway node add --allow-unlimited',
  );
};

const cgroup: Check = ({ engine: { cgroupVersion, cgroupDriver } = {} }) =>
  cgroupVersion === '1'
    ? warns(
        'CGROUP_V1',
        `The machine uses cgroup v1 (driver ${cgroupDriver ?? 'unknown'}), which new kernels and engines no longer support.`,
        'It works for now. Use cgroup v2 when you install the system anew.',
      )
    : undefined;

/** Those of which Docker says that they go, and the one that copies all of an image for each container. */
const POOR_STORAGE: Readonly<Record<string, string>> = {
  vfs: 'copies the whole image for each container: starts are slow and the disk is soon full',
  aufs: 'is no longer supported by new engines',
  devicemapper: 'is no longer supported by new engines',
};

const storage: Check = ({ engine: { storageDriver = '' } = {} }) => {
  const why = POOR_STORAGE[storageDriver];
  if (why === undefined) return undefined;
  const hint =
    'Set "storage-driver": "overlay2" in /etc/docker/daemon.json there, on a file system that supports it.';
  return warns('STORAGE_DRIVER', `The storage driver of the engine is ${storageDriver}, which ${why}.`, hint);
};

const gibibytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;

const disk: Check = ({ engine: { rootDirectory } = {}, host: { freeBytes } }) => {
  if (rootDirectory === undefined || freeBytes === undefined || freeBytes >= FREE_BYTES_WANTED)
    return undefined;
  const message = `${gibibytes(freeBytes)} are free in ${rootDirectory}, where the engine keeps images and volumes.`;
  const hint =
    'Free some there: docker system df shows what uses it, docker image prune removes what nothing runs.';
  return (freeBytes < LEAST_FREE_BYTES ? refuses : warns)('DISK_SPACE', message, hint);
};

const clock: Check = ({ host: { clockAheadMs = 0 } }) => {
  const off = Math.abs(clockAheadMs);
  if (off < CLOCK_WARNS_MS) return undefined;
  const message = `The clock of the machine is ${Math.round(off / 1_000)} s ${clockAheadMs > 0 ? 'ahead' : 'behind'}.`;
  const hint = 'Synchronise it by chrony or systemd-timesyncd, for example: timedatectl set-ntp true';
  return (off >= CLOCK_REFUSES_MS ? refuses : warns)('CLOCK_SKEW', message, hint);
};

/** As engines and kernels name the same thing. */
const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' };
export const kernelName = (architecture: string): string => ARCHITECTURES[architecture] ?? architecture;

const architecture: Check = ({ engine: seen }, { architecture: builders, otherArchitectures }) => {
  if (seen === undefined) return undefined;
  const own = kernelName(seen.architecture);
  if (builders !== undefined && kernelName(builders) !== own)
    return refuses(
      'ARCHITECTURE',
      `The machine is ${own}, and images are built for ${kernelName(builders)}.`,
      'Choose a machine of that kind. If your builders are of another, correct NODE_ARCHITECTURE of the node manager.',
    );
  const others = [...new Set(otherArchitectures.map(kernelName))];
  if (builders !== undefined || others.length === 0 || others.includes(own)) return undefined;
  return warns(
    'ARCHITECTURE',
    `The machine is ${own}, and the other nodes are ${others.join(' and ')}: an image runs only where it was built for.`,
    'Check that your builders build for it, then set NODE_ARCHITECTURE of the node manager.',
  );
};

const socket: Check = ({ host: { socketMode = '' } }, { socketPath }) =>
  /[2367]$/.test(socketMode)
    ? warns(
        'SOCKET_OPEN',
        `Every user of the machine may use ${socketPath} (mode ${socketMode}), and with it be root there.`,
        `Remove the access of other users: sudo chmod o-rw ${socketPath}`,
      )
    : undefined;

const SHOWN_PORTS = 5;

const portsInUse: Check = (
  { host: { listeningPorts = [] } },
  { ports: { firstPort, lastPort }, ownPorts },
) => {
  const taken = listeningPorts
    .filter((port) => port >= firstPort && port <= lastPort && !ownPorts.has(port))
    .sort((a, b) => a - b);
  if (taken.length === 0) return undefined;
  const more = taken.length > SHOWN_PORTS ? ` and ${taken.length - SHOWN_PORTS} more` : '';
  const message = `Of the ports ${firstPort}-${lastPort} that instances get, something listens on ${taken.slice(0, SHOWN_PORTS).join(', ')}${more}.`;
  const hint =
    'Find it with ss -ltnp there and move it, or move NODE_FIRST_PORT and NODE_LAST_PORT of the node manager.';
  const isFull = taken.length + ownPorts.size > lastPort - firstPort;
  return (isFull ? refuses : warns)('PORTS_IN_USE', message, hint);
};

const unseen: Check = ({ host }) => {
  const missing = [
    ...(host.freeBytes === undefined ? ['the free disk'] : []),
    ...(host.clockAheadMs === undefined ? ['the clock'] : []),
    ...(host.listeningPorts === undefined ? ['the ports in use'] : []),
  ];
  if (missing.length === 0) return undefined;
  const hint = 'The user may run no commands there, or lacks df, date or /proc. Look by hand.';
  return warns('HOST_UNSEEN', `Not checked on this machine: ${missing.join(', ')}.`, hint);
};

const NAMED = { memory: 'memory in steps', disk: 'disk', network: 'network' } as const;

/** What is deployed there is limited all the same: only limits that follow use need it. */
const changes: Check = ({ host: { unchangeable = {} } }) => {
  const named = Object.entries(unchangeable).map(
    ([resource, why]) => `${NAMED[resource as keyof typeof NAMED]} (${why})`,
  );
  if (named.length === 0) return undefined;
  return warns(
    'LIMITS_FIXED',
    `Limits of containers that run cannot be changed here: ${named.join(', ')}.`,
    'Only limits that follow use need it. Let Slipway log in as root, and install iproute2.',
  );
};

const CHECKS: readonly Check[] = [
  ...[engine, limits, architecture, disk, clock, portsInUse],
  ...[storage, cgroup, socket, changes, unseen],
];

/** Every problem of a machine at once, those that refuse it first. Pure. */
export function machineProblems(seen: Inspection, expected: Expected): readonly MachineProblem[] {
  const found = CHECKS.flatMap((check) => check(seen, expected) ?? []);
  const of = (wanted: MachineProblem['severity']) => found.filter(({ severity }) => severity === wanted);
  return [...of('refuses'), ...of('warns')];
}
