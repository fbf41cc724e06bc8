import type { Candidate } from '../model.js';
import type { Filter } from './filter.js';

const countOf = ({ firstPort, lastPort }: Candidate): number => lastPort - firstPort + 1;

/**
 * The next free port after the one that was handed out last, round and round. So a port that was given back rests for as
 * long as the others last: whoever still uses it, such as a replica that stood still for a while, meets nobody there.
 * Undefined where all are taken.
 */
export function nextFreePort(node: Candidate): number | undefined {
  const { firstPort, lastPort, takenPorts, portBefore } = node;
  const size = countOf(node);
  const isWithin = portBefore !== undefined && portBefore >= firstPort && portBefore <= lastPort;
  const start = isWithin ? portBefore - firstPort + 1 : 0;
  for (let step = 0; step < size; step += 1) {
    const port = firstPort + ((start + step) % size);
    if (!takenPorts.has(port)) return port;
  }
  return undefined;
}

/** An instance that listens needs a free host port of the node's range. Unit: ports. */
export const ports: Filter = {
  name: 'ports',
  asks: 'node',
  refuses: (node, { needsPort = true }) =>
    needsPort && node.takenPorts.size >= countOf(node) && nextFreePort(node) === undefined,
  reason: ({ takenPorts, firstPort, lastPort }) =>
    `no free port: ${takenPorts.size} of ${firstPort}-${lastPort} are taken`,
  quantity: {
    unit: 'ports',
    needed: () => 1,
    free: (node) => Math.max(0, countOf(node) - node.takenPorts.size),
  },
};
