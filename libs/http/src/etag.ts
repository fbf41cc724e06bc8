import { createHash } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/**
 * Gives every good answer to `GET /v1/...`, and to HEAD, an ETag, the digest of its body; where the client has that already
 * (If-None-Match) the answer is 304 without a body. What is streamed has none.
 */
export function addEtags(nest: NestFastifyApplication): void {
  nest
    .getHttpAdapter()
    .getInstance()
    .addHook('onSend', (request, reply, payload, done) => {
      if (!READS.has(request.method) || reply.statusCode !== 200) return done(null, payload);
      if (typeof payload !== 'string' || !request.url.startsWith('/v1/')) return done(null, payload);
      const etag = etagOf(payload);
      reply.header('etag', etag);
      if (!matches(request.headers['if-none-match'], etag)) return done(null, payload);
      reply.code(304);
      // fastify itself takes the body from the answer to a HEAD, and only what there is.
      done(null, request.method === 'HEAD' ? payload : null);
    });
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

const etagOf = (body: string): string => `"${createHash('sha256').update(body).digest('base64url')}"`;

/** Compared weakly, as RFC 9110 says of If-None-Match: a proxy may have marked ours as weak. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const known = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return known.includes('*') || known.includes(etag);
}
