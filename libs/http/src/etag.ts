import { createHash } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiError, type ApiErrorParts } from './api-error.js';

/**
 * Gives every good answer to `GET /v1/...`, to HEAD, and to what changes a thing in place (PUT, DELETE) an ETag, the digest
 * of its body; where a reader has that already (If-None-Match) the answer is 304 without a body. What is streamed has none.
 */
export function addEtags(nest: NestFastifyApplication): void {
  nest
    .getHttpAdapter()
    .getInstance()
    .addHook('onSend', (request, reply, payload, done) => {
      if (!TAGGED.has(request.method) || reply.statusCode !== 200) return done(null, payload);
      if (typeof payload !== 'string' || !request.url.startsWith('/v1/')) return done(null, payload);
      const etag = etagOf(payload);
      reply.header('etag', etag);
      const known = request.headers['if-none-match'];
      if (!READS.has(request.method) || known === undefined || !isSeen(known, etag))
        return done(null, payload);
      reply.code(304);
      // fastify itself takes the body from the answer to a HEAD, and only what there is.
      done(null, request.method === 'HEAD' ? payload : null);
    });
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const TAGGED: ReadonlySet<string> = new Set([...READS, 'PUT', 'DELETE']);

/** Of the text of a body. */
const etagOf = (body: string): string => `"${createHash('sha256').update(body).digest('base64url')}"`;

/** Whether the ETags of a header name this one. Compared weakly: a proxy may have marked ours as weak. */
function isSeen(header: string, etag: string): boolean {
  const known = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes('*') || known.includes(etag);
}

/**
 * Throws 412 where the `If-Match` of a change names other states than the one that is about to be changed. `changed` says
 * that state is another one by now.
 */
export const unlessSeen =
  <T>(known: string | undefined, changed: (now: T) => Omit<ApiErrorParts, 'status'>) =>
  (now: T): void => {
    if (known === undefined || isSeen(known, etagOf(JSON.stringify(now)))) return;
    throw new ApiError({ status: 412, ...changed(now) });
  };
