import { isDeepStrictEqual } from 'node:util';

/** Whether a stored request and one with its token ask for the same, whoever asks. Both as they are written in JSON. */
export const asksTheSame = (stored: object, request: object): boolean =>
  isDeepStrictEqual(askedIn(stored), askedIn(request));

function askedIn(request: object): object {
  const { principal: _, ...asked } = JSON.parse(JSON.stringify(request)) as { readonly principal?: string };
  return asked;
}
