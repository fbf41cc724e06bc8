import type { Candidate, Resources } from './model.js';

/**
 * What others use of what instances may have: the node's owner keeps a part of the machine for them, and only what they
 * use beyond that part counts. Undefined where it was not measured.
 */
export function takenByOthers({ measured, total }: Candidate, kind: keyof Resources): number | undefined {
  if (measured?.machine === undefined || measured.others === undefined) return undefined;
  return Math.max(0, measured.others[kind] - Math.max(0, measured.machine[kind] - total[kind]));
}

/**
 * MiB that can be reserved: an instance may use all that it reserves, and what others use cannot be taken from them. So
 * what is reserved and what others use never exceed the machine together.
 */
export function freeMemory(node: Candidate): number {
  const { total, reserved } = node;
  return total.memoryMiB - reserved.memoryMiB - (takenByOthers(node, 'memoryMiB') ?? 0);
}

/**
 * Cores that can be reserved. Where the node may be overcommitted, what is reserved and not used can be reserved again, up
 * to `overcommit` times the node. Reservations of the last hour count in full: the measured use does not show them yet.
 */
export function freeCpu({ total, reserved, measured, overcommit = 1, youngCpu }: Candidate): number {
  const unreserved = total.cpu - reserved.cpu;
  if (overcommit <= 1 || measured?.usedCpu === undefined) return unreserved;
  const unused = total.cpu - measured.usedCpu - (youngCpu ?? reserved.cpu);
  return Math.max(unreserved, Math.min(overcommit * total.cpu - reserved.cpu, unused));
}
