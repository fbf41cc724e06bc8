import type { LimitsWanted } from '#libs/contracts';

/** What the program on the node is to write, in its words. */
export type Words = readonly string[];

const PERIOD_US = 100_000;
/** The least that the kernel takes. */
const LEAST_QUOTA_US = 1_000;
const BITS = 8;
/**
 * A bucket of 50 ms, so that a sender that is asleep for a moment loses nothing; and never less than what a card may hand
 * over as one packet.
 */
const LEAST_BURST = 65_536;
const BURST_SHARE = 0.05;
/** The kernel keeps it in 32 bits. */
const MOST_BURST = 2 ** 30;

export const cpuWords = (cpus: number | null): Words => [
  'cpu',
  cpus === null ? '-1' : String(Math.max(LEAST_QUOTA_US, Math.round(cpus * PERIOD_US))),
];
export const cpusetWords = (cpuset: string): Words => ['cpuset', cpuset];
export const memoryWords = (bytes: number | null): Words => ['memory', bytes === null ? '-1' : String(bytes)];
export const stepWords = (bytes: number): Words => ['step', String(bytes)];
export const SETTLE: Words = ['settle', '-'];

function networkWords(bytesPerSecond: number | null): Words {
  if (bytesPerSecond === null) return ['network', '0', '0'];
  const burst = Math.min(MOST_BURST, Math.max(LEAST_BURST, Math.round(bytesPerSecond * BURST_SHARE)));
  return ['network', String(bytesPerSecond * BITS), String(burst)];
}

/** Limits that no engine can change while a container runs. */
export function directWords(limits: LimitsWanted): Words {
  const { diskReadBytesPerSecond: read, diskWriteBytesPerSecond: write } = limits;
  const { networkBytesPerSecond: network } = limits;
  return [
    ...(read === undefined ? [] : ['read', String(read ?? 0)]),
    ...(write === undefined ? [] : ['write', String(write ?? 0)]),
    ...(network === undefined ? [] : networkWords(network)),
  ];
}
