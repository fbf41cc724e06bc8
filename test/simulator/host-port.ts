import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { EngineAnswer } from './engine-error.js';

export type Respond = (request: IncomingMessage, response: ServerResponse) => void;

/** One parser of HTTP for all containers; each has only a listening socket of its own. */
const http = createServer((request, response) => owners.get(request.socket)?.(request, response));
http.keepAliveTimeout = 1_000;
const owners = new WeakMap<Socket, Respond>();

/** A port of this host on which a container answers. */
export class HostPort {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    respond: Respond,
  ) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      owners.set(socket, respond);
      http.emit('connection', socket);
    });
  }

  /** Resolves when it listens. Throws as the engine does when something else has the port. */
  static open(port: number, respond: Respond): Promise<HostPort> {
    return new Promise((resolve, reject) => {
      const server = createTcpServer();
      server.once('error', (error) =>
        reject(
          new EngineAnswer(
            500,
            `driver failed programming external connectivity: ${(error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? `listen tcp4 0.0.0.0:${port}: bind: address already in use` : error.message}`,
          ),
        ),
      );
      const opened = new HostPort(server, respond);
      server.listen(port, '0.0.0.0', () => resolve(opened));
    });
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
