import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that a test can cut, or let hang. It begins mended once `mend` was called. */
export class TcpLine {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  /** Where it listens, at 127.0.0.1; the same after it was mended. */
  port = 0;
  /** What is sent does not arrive. */
  hangs = false;

  constructor(private readonly to: { readonly host: string; readonly port: number }) {}

  async mend(): Promise<void> {
    if (this.server !== undefined) return;
    this.server = createServer((near) => this.join(near, connect(this.to)));
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  async cut(): Promise<void> {
    if (this.server === undefined) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        [near, far].forEach((one) => one.destroy());
      });
    }
    near.on('data', (bytes) => this.hangs || far.write(bytes));
    far.on('data', (bytes) => near.write(bytes));
  }
}
