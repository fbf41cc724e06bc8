/** Where a process waits for connections. */
export interface ListeningSocket {
  /** Only processes of the same container reach it. */
  readonly isLoopback: boolean;
  readonly port: number;
  /** Connections that the kernel has made and no process has accepted yet. */
  readonly waiting: number;
}

/** The state LISTEN in /proc/net/tcp; see `enum` in the kernel's include/net/tcp_states.h. */
const LISTEN = '0A';
/**
 * `local_address`: the IP in hexadecimal, 32-bit words in the machine's order, and the port. `rx_queue`, the second of
 * the two queues, is `sk_ack_backlog` of a socket that listens; see `get_tcp4_sock` in the kernel's net/ipv4/tcp_ipv4.c.
 */
const LINE =
  /^\s*\d+:\s+([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\s+[0-9A-F]+:[0-9A-F]{4}\s+([0-9A-F]{2})\s+[0-9A-F]{8}:([0-9A-F]{8})\s/;
/** 127.0.0.0/8, ::1, and 127.0.0.0/8 within IPv6, on a little-endian machine. */
const LOOPBACK = /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;
/** The engine's own name server within a container's network: it listens on 127.0.0.11. */
const NAME_SERVER = '0B00007F';

/** The sockets that listen, of the text of /proc/net/tcp and /proc/net/tcp6, by port; what is no line of them is left out. */
export function listeningSockets(text: string): readonly ListeningSocket[] {
  const found = text.split('\n').flatMap((line): ListeningSocket[] => {
    const [, ip = '', port = '', state, waiting = ''] = LINE.exec(line) ?? [];
    if (state !== LISTEN || ip === NAME_SERVER) return [];
    return [
      {
        isLoopback: LOOPBACK.test(ip),
        port: Number.parseInt(port, 16),
        waiting: Number.parseInt(waiting, 16),
      },
    ];
  });
  return found.sort((a, b) => a.port - b.port);
}

/** Whether a process accepts the connections at this port, by the text of /proc/net/tcp; undefined without that. */
export function acceptsAt(port: number | undefined, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  const there = listeningSockets(text).filter((socket) => socket.port === port && !socket.isLoopback);
  return there.length > 0 && there.every(({ waiting }) => waiting === 0);
}
