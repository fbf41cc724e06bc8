/** Why requests are refused with 503, by HAProxy itself. */
export interface Unavailable {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly retryAfterS: number;
}

/** Until somebody wants it to run again, which no client can wait for. */
export const STOPPED: Unavailable = {
  code: 'NO_INSTANCE',
  message: 'This service has no instance that runs.',
  hint: 'It was stopped, or it is not deployed yet.',
  retryAfterS: 60,
};

/** Of a gateway that has started while nobody could say what runs, and that never knew. */
export const UNKNOWN: Unavailable = {
  code: 'NOT_KNOWN_YET',
  message: 'This gateway does not know yet what runs.',
  hint: 'It has just started, and who tells it is away.',
  retryAfterS: 5,
};

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
