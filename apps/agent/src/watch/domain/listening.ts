/** Host ports of a node for instances, both ends included. */
export interface PortRange {
  readonly firstPort: number;
  readonly lastPort: number;
}

/** The header of /proc/net/tcp and tcp6: without one, neither could be read. */
const HEAD = /^ *sl +local_address /;
/** Slot, local address and port, remote ones, and the state 0A, which is LISTEN (tcp_states.h of the kernel). */
const LISTENING = /^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A /;

/**
 * The TCP ports within the range on which something listens, ascending, whatever the address: the kernel gives none of
 * them to another who wants all addresses. Undefined where the lines are not of /proc/net/tcp. Pure.
 */
export function parseListening(
  text: string,
  { firstPort, lastPort }: PortRange,
): readonly number[] | undefined {
  const lines = text.split('\n');
  if (!lines.some((line) => HEAD.test(line))) return undefined;
  const ports = lines.flatMap((line) => {
    const hex = LISTENING.exec(line)?.[1];
    return hex === undefined ? [] : [Number.parseInt(hex, 16)];
  });
  const within = ports.filter((port) => port >= firstPort && port <= lastPort);
  return [...new Set(within)].sort((a, b) => a - b);
}
