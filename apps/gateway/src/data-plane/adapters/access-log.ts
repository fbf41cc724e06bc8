import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';

/** What HAProxy says of one request, by the names of its log format. */
export type RequestLine = Readonly<Record<string, unknown>>;

const BUFFER_BYTES = 4_194_304;

/**
 * Takes HAProxy's log by UDP at an address of this machine: so HAProxy waits for nobody, and goes on while this process is
 * away. What comes meanwhile is lost.
 */
export class AccessLog {
  private isClosed = false;

  private constructor(private readonly socket: Socket) {}

  static async open(onRequest: (line: RequestLine) => void): Promise<AccessLog> {
    const socket = createSocket('udp4');
    socket.on('message', (message) => {
      const line = parsed(message.toString('utf8'));
      if (line !== undefined) onRequest(line);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    // A burst waits here while this process is busy; the kernel gives what it allows.
    socket.setRecvBufferSize(BUFFER_BYTES);
    return new AccessLog(socket);
  }

  /** Lines that came and were dropped, because this process did not read them soon enough; 0 where that is not known. */
  get lost(): number {
    try {
      return droppedAt(readFileSync('/proc/net/udp', 'utf8'), this.port);
    } catch {
      return 0;
    }
  }

  get port(): number {
    return (this.socket.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }
}

/** Of `/proc/net/udp`: the last column counts what a socket did not take. */
function droppedAt(table: string, port: number): number {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const row = table.split('\n').find((line) => line.trim().split(/\s+/)[1] === local);
  return Number(row?.trim().split(/\s+/).at(-1) ?? 0);
}

/** HAProxy also says there that servers go up and down, in plain text. */
function parsed(text: string): RequestLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as RequestLine;
  } catch {
    return undefined;
  }
}
