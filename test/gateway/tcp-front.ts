import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Stands before a TCP server, and can be cut off as by a cable: what is sent then is lost, and nobody is told. */
export class TcpFront {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly to: number,
  ) {
    server.on('connection', (socket) => this.lead(socket));
  }

  /** At any free port, or at this one. */
  static async start(to: number, port = 0): Promise<TcpFront> {
    const server = createServer();
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return new TcpFront(server, to);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  cut(): void {
    this.isCut = true;
    for (const [client, server] of this.pairs) {
      client.unpipe().pause();
      server.unpipe().pause();
    }
  }

  /** Connections from before are lost. */
  mend(): void {
    this.isCut = false;
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  async stop(): Promise<void> {
    this.mend();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private lead(client: Socket): void {
    const server = connect(this.to, '127.0.0.1');
    const pair = [client, server] as const;
    this.pairs.add(pair);
    for (const [one, other] of [pair, [server, client] as const]) {
      one.on('error', () => undefined);
      one.on('close', () => {
        this.pairs.delete(pair);
        other.destroy();
      });
    }
    if (this.isCut) return;
    client.pipe(server);
    server.pipe(client);
  }
}
