/** Where a process waits for connections. */
export interface ListeningSocket {
  /** Only processes of the same container reach it. */
  readonly isLoopback: boolean;
  readonly port: number;
}

/** The state LISTEN in /proc/net/tcp; see `enum` in the kernel's include/net/tcp_states.h. */
const LISTEN = '0A';
/** `local_address`: the IP in hexadecimal, 32-bit words in the machine's order, and the port. */
const LINE = /^\s*\d+:\s+([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\s+[0-9A-F]+:[0-9A-F]{4}\s+([0-9A-F]{2})\s/;
/** 127.0.0.0/8, ::1, and 127.0.0.0/8 within IPv6, on a little-endian machine. */
const LOOPBACK = /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;
/** The engine's own name server within a container's network: it listens on 127.0.0.11. */
const NAME_SERVER = '0B00007F';

/** The sockets that listen, of the text of /proc/net/tcp and /proc/net/tcp6, by port; what is no line of them is left out. */
export function listeningSockets(text: string): readonly ListeningSocket[] {
  const found = text.split('\n').flatMap((line): ListeningSocket[] => {
    const [, ip = '', port = '', state] = LINE.exec(line) ?? [];
    if (state !== LISTEN || ip === NAME_SERVER) return [];
    return [{ isLoopback: LOOPBACK.test(ip), port: Number.parseInt(port, 16) }];
  });
  return found.sort((a, b) => a.port - b.port);
}
