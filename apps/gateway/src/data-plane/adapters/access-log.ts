import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What HAProxy says of one request, by the names of its log format. */
export type RequestLine = Readonly<Record<string, unknown>>;

/**
 * Takes HAProxy's log by UDP at an address of this machine: so HAProxy waits for nobody, and goes on while this process is
 * away. What comes meanwhile is lost.
 */
export class AccessLog {
  private constructor(private readonly socket: Socket) {}

  static async open(onRequest: (line: RequestLine) => void): Promise<AccessLog> {
    const socket = createSocket('udp4');
    socket.on('message', (message) => {
      const line = parsed(message.toString('utf8'));
      if (line !== undefined) onRequest(line);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new AccessLog(socket);
  }

  get port(): number {
    return (this.socket.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }
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
