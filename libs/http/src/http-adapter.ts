import { maxHeaderSize, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { ApiError } from './api-error.js';
import { errorOf } from './api-error.filter.js';

/**
 * The server under every app. What it refuses itself, before any filter, it refuses in the form of all errors: an address
 * that cannot be decoded, headers that are too large, what is no HTTP, and what comes while it closes.
 */
export function createHttpAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    frameworkErrors({ statusCode = 400 }, _request: unknown, { raw }: { readonly raw: ServerResponse }) {
      const refusal = errorOf(statusCode, 'The address of the request cannot be decoded.');
      const body = bodyOf(refusal);
      const headers = { 'content-type': JSON_TYPE, 'content-length': Buffer.byteLength(body) };
      raw.writeHead(refusal.status, headers).end(body);
    },
    clientErrorHandler: refuseConnection,
    // A name that is too long is refused by the schema of its route, which says what is expected.
    routerOptions: { maxParamLength: maxHeaderSize },
    return503OnClosing: false,
  });
  const server = adapter.getInstance();
  let closing = false;
  server.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  server.addHook('onRequest', (_request, _reply, done) => {
    done(closing ? errorOf(503, 'The app is ending.') : undefined);
  });
  return adapter;
}

const bodyOf = ({ code, message, hint }: ApiError): string => JSON.stringify({ code, message, hint });

const JSON_TYPE = 'application/json; charset=utf-8';

/** By the code of Node.js; anything else is no HTTP. */
const REFUSALS: Readonly<Record<string, ApiError>> = {
  HPE_HEADER_OVERFLOW: errorOf(431, 'The address and the headers are too long.'),
  ERR_HTTP_REQUEST_TIMEOUT: errorOf(408, 'The request did not come in time.'),
};
const NO_HTTP = errorOf(400, 'The request is not valid HTTP.');

/** As fastify does it: there is no request yet, so there is no answer to write to. */
function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const refusal = REFUSALS[error.code ?? ''] ?? NO_HTTP;
  const body = bodyOf(refusal);
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    `content-type: ${JSON_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  if (socket.writable) socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy(error);
}
