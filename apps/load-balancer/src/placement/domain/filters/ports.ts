import type { Candidate } from '../model.js';
import type { Filter } from './filter.js';

const countOf = ({ firstPort, lastPort }: Candidate): number => lastPort - firstPort + 1;

/** Something listens there, and it is no instance. */
const isStrangers = ({ measured, takenPorts, endedPorts }: Candidate, port: number): boolean =>
  (measured?.listening?.has(port) ?? false) && !takenPorts.has(port) && !(endedPorts?.has(port) ?? false);

const isTaken = (node: Candidate, port: number): boolean =>
  node.takenPorts.has(port) || isStrangers(node, port);

const strangersPorts = (node: Candidate): number =>
  [...(node.measured?.listening ?? [])].filter((port) => isStrangers(node, port)).length;

/** Whether a port is free; quick where that is seen by the numbers. */
export const hasFreePort = (node: Candidate): boolean =>
  node.takenPorts.size + (node.measured?.listening?.size ?? 0) < countOf(node) ||
  nextFreePort(node) !== undefined;

/**
 * The next free port after the one that was handed out last, round and round. So a port that was given back rests for as
 * long as the others last: whoever still uses it, such as a replica that stood still for a while, meets nobody there.
 * Undefined where all are taken.
 */
export function nextFreePort(node: Candidate): number | undefined {
  const { firstPort, lastPort, portBefore } = node;
  const size = countOf(node);
  const isWithin = portBefore !== undefined && portBefore >= firstPort && portBefore <= lastPort;
  const start = isWithin ? portBefore - firstPort + 1 : 0;
  for (let step = 0; step < size; step += 1) {
    const port = firstPort + ((start + step) % size);
    if (!isTaken(node, port)) return port;
  }
  return undefined;
}

/**
 * An instance that listens needs a free host port of the node's range: one that no instance has, and at which no other
 * program listens. Unit: ports.
 */
export const ports: Filter = {
  name: 'ports',
  asks: 'node',
  refuses: (node, { needsPort = true }) => needsPort && !hasFreePort(node),
  reason: (node) => {
    const strangers = strangersPorts(node);
    const by = strangers === 0 ? '' : `, ${strangers} of them by other programs`;
    const taken = node.takenPorts.size + strangers;
    return `no free port: ${taken} of ${node.firstPort}-${node.lastPort} are taken${by}`;
  },
  quantity: {
    unit: 'ports',
    needed: () => 1,
    free: (node) => Math.max(0, countOf(node) - node.takenPorts.size - strangersPorts(node)),
  },
};
