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
  server.on('upgrade', (request, socket, head) => {
    // Without a listener, a client that resets its connection ends the process.
    socket.on('error', () => socket.destroy());
    try {
      const found = routes.find(({ route }) => route.path === pathOf(request));
      if (found === undefined || request.headers.upgrade?.toLowerCase() !== 'websocket')
        throw errorOf(found === undefined ? 404 : 400, `This route has no upgrade to ${wanted(request)}.`);
      allowed(request.headers, tokens, found.route.role);
      found.accept({ request, socket, head });
    } catch (error) {
      if (!(error instanceof ApiError)) logger.error({ err: error }, 'a call failed');
      refuseUpgrade(socket, error instanceof ApiError ? error : internalError());
    }
  });
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';
const wanted = ({ headers }: IncomingMessage): string =>
  headers.upgrade?.toLowerCase() === 'websocket' ? 'a WebSocket' : 'that protocol';

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
