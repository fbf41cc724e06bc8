import { STOPPED } from '../../data-plane/domain/unavailable.js';

export interface Refusal {
  readonly retryAfterS: number;
  readonly contentType: string;
  readonly body: string;
}

export const RETRY_AFTER_S = 5;
export const UNREACHABLE = 'No instance of this service can be reached now.';
const HINT = 'Try again in a moment.';
/** An instance that speaks HTTP/1.1 breaks each connection off. */
export const HTTP2_HINT = 'It must speak HTTP/2 without TLS: traffic.protocol is h2.';

const pageOf = (hint: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Starting</title>
  </head>
  <body>
    <h1>This service is not there yet</h1>
    <p>${UNREACHABLE} ${hint}</p>
  </body>
</html>
`;

type Form = Pick<Refusal, 'contentType' | 'body'>;

const kindsOf = (hint: string): readonly (readonly [type: string, form: Form])[] => [
  ['text/html', { contentType: 'text/html; charset=utf-8', body: pageOf(hint) }],
  [
    'application/json',
    {
      contentType: 'application/json',
      body: `${JSON.stringify({ code: 'NO_INSTANCE', message: UNREACHABLE, hint })}\n`,
    },
  ],
];

/**
 * In the form that the client asks for by name, else as plain text: programs often accept everything. `isHttp2`: of a service
 * whose instances are declared to speak HTTP/2.
 */
export function refusalFor(accept: string | undefined, isHttp2 = false): Refusal {
  const types = typesIn(accept);
  const hint = isHttp2 ? `${HINT} ${HTTP2_HINT}` : HINT;
  const plain = { contentType: 'text/plain; charset=utf-8', body: `${UNREACHABLE} ${hint}\n` };
  const form = kindsOf(hint).find(([type]) => types.includes(type))?.[1] ?? plain;
  return { ...form, retryAfterS: RETRY_AFTER_S };
}

/** As HAProxy says it where no request ever waited. */
export function stoppedFor(accept: string | undefined): Refusal {
  const { retryAfterS, message, code, hint } = STOPPED;
  if (!typesIn(accept).includes('application/json'))
    return { contentType: 'text/plain', body: `${message}\n`, retryAfterS };
  return {
    contentType: 'application/json',
    body: `${JSON.stringify({ code, message, hint })}\n`,
    retryAfterS,
  };
}

const typesIn = (accept = ''): readonly (string | undefined)[] =>
  accept.split(',').map((one) => one.split(';')[0]?.trim().toLowerCase());
