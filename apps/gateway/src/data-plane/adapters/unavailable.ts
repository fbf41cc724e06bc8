import type { Unavailable } from '../domain/unavailable.js';

/** In a backend: JSON for who accepts it by name, else text. */
export function unavailableRules({ code, message, hint, retryAfterS }: Unavailable): readonly string[] {
  const json = `${JSON.stringify({ code, message, hint })}\n`;
  const rule = (type: string, body: string): string =>
    `http-request return status 503 content-type ${type} string ${quoted(body)} hdr Retry-After ${retryAfterS} hdr Cache-Control no-store`;
  return [
    `${rule('application/json', json)} if { req.hdr(accept) -m beg -i application/json }`,
    rule('text/plain', `${message}\n`),
  ];
}

/** As HAProxy reads a word of its configuration. */
const quoted = (text: string): string =>
  `"${text.replace(/["\\$]/g, (sign) => `\\${sign}`).replaceAll('\n', '\\n')}"`;
