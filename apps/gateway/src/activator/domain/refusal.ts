export interface Refusal {
  readonly contentType: string;
  readonly body: string;
}

export const RETRY_AFTER_S = 5;
const SAYS = 'No instance of this service can be reached now.';
const HINT = 'Try again in a moment.';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Starting</title>
  </head>
  <body>
    <h1>This service is not there yet</h1>
    <p>${SAYS} ${HINT}</p>
  </body>
</html>
`;

const KINDS: readonly (readonly [type: string, refusal: Refusal])[] = [
  ['text/html', { contentType: 'text/html; charset=utf-8', body: PAGE }],
  [
    'application/json',
    {
      contentType: 'application/json',
      body: `${JSON.stringify({ code: 'NO_INSTANCE', message: SAYS, hint: HINT })}\n`,
    },
  ],
];
const PLAIN: Refusal = { contentType: 'text/plain; charset=utf-8', body: `${SAYS} ${HINT}\n` };

/** In the form that the client asks for by name, else as plain text: programs often accept everything. */
export function refusalFor(accept: string | undefined): Refusal {
  const types = (accept ?? '').split(',').map((one) => one.split(';')[0]?.trim().toLowerCase());
  return KINDS.find(([type]) => types.includes(type))?.[1] ?? PLAIN;
}
