import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Route } from '#libs/contracts';
import type { Logger } from '#libs/telemetry';
import type { Tokens } from './access.js';
import { ApiError } from './api-error.js';
import { errorOf, internalError } from './api-error.filter.js';
import { allowed } from './token.guard.js';

/** A call that is to become a connection of another protocol. */
export interface UpgradedCall {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came behind the headers. */
  readonly head: Buffer;
}

/** A route that is a WebSocket. */
export interface WebSocketRoute {
  readonly route: Pick<Route, 'path' | 'role'>;
  /** Of a caller with a token of the route's role. Throws ApiError where the call is refused. */
  accept(call: UpgradedCall): void;
}

interface UpgradeParts {
  readonly tokens: Tokens;
  readonly routes: readonly WebSocketRoute[];
  readonly logger: Pick<Logger, 'error'>;
}

/** Serves WebSockets beside the routes of the same server. What is refused is answered as any other call, in HTTP. */
export function serveWebSockets(server: Server, { tokens, routes, logger }: UpgradeParts): void {
  // Clients such as Java's ask for HTTP/2 with any request, and expect the answer in HTTP/1.1. Node before 24.9 passes over
  // this property: there they are refused.
  Object.assign(server, { shouldUpgradeCallback: isWebSocket });
  server.on('upgrade', (request, socket, head) => {
    // Without a listener, a client that resets its connection ends the process.
    socket.on('error', () => socket.destroy());
    try {
      const found = routes.find(({ route }) => route.path === pathOf(request));
      if (!isWebSocket(request)) throw errorOf(400, 'This server upgrades to WebSockets only.');
      if (found === undefined) throw errorOf(404, 'This route is no WebSocket.');
      allowed(request.headers, tokens, found.route.role);
      found.accept({ request, socket, head });
    } catch (error) {
      if (!(error instanceof ApiError)) logger.error({ err: error }, 'a call failed');
      refuseUpgrade(socket, error instanceof ApiError ? error : internalError());
    }
  });
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';
const isWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket';

/** There is no response yet that could be written to. */
export function refuseUpgrade(socket: Duplex, { status, code, message, hint }: ApiError): void {
  const body = JSON.stringify({ code, message, hint });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  // What the client does not take keeps no socket.
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
