import { z } from 'zod';

/** Folders and files within a source, and what a path in a URL may hold: none of them means anything to a web server's configuration. */
export const RELATIVE = /^(?!\/)(?!(?:.*\/)?(?:\.\.(?:\/|$)|-))[A-Za-z0-9._@+ /-]{1,255}$/;

/** The folder that is served, relative to the source. */
export const outputSchema = z
  .string()
  .regex(RELATIVE, 'expected a folder within the source, such as dist')
  .transform((path) => path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '') || '.');

/** The page that is given out for every path without a file. */
export const fallbackSchema = z
  .string()
  .transform((path) => path.replace(/^\.?\//, ''))
  .pipe(z.string().regex(RELATIVE, 'expected a page within what is served, such as index.html'));

const URL_CHARACTERS = String.raw`A-Za-z0-9._~:@!&'()+,;=%\-`;
const FROM = new RegExp(`^/(?:[${URL_CHARACTERS}/]*|(?:[${URL_CHARACTERS}]+/+)*\\*)$`);
const TO = new RegExp(
  `^(?:/(?![/\\\\])|https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?=[/?#]|$))[${URL_CHARACTERS}/?#]*(?:(?<=/)\\*)?$`,
);
const PATTERN = new RegExp(`^/[${URL_CHARACTERS}/*]*$`);

/** Those that describe the message itself: the web server sets them, and a second one would break the answer. */
const OF_THE_SERVER: ReadonlySet<string> = new Set([
  ...['connection', 'content-encoding', 'content-length', 'content-range', 'content-type', 'date', 'etag'],
  ...['keep-alive', 'last-modified', 'location', 'server', 'trailer', 'transfer-encoding', 'upgrade', 'vary'],
]);

const headerNameSchema = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'expected the name of a header, such as X-Frame-Options')
  .refine(
    (name) => !OF_THE_SERVER.has(name.toLowerCase()),
    'expected a header that the web server does not set',
  );

const headerValueSchema = z
  .string()
  .max(4_096)
  .regex(/^[\x20-\x7e]*$/, 'expected one line of printable ASCII');

const MOST = 200;

/** By pattern of a path, where `*` is any text, the headers of what is given out for it. The last one that fits wins. */
export const headersSchema = z
  .record(
    z.string().regex(PATTERN, 'expected a path that begins with /, such as /assets/*'),
    z.record(headerNameSchema, headerValueSchema),
  )
  .refine(
    (byPattern) => Object.values(byPattern).flatMap(Object.keys).length <= MOST,
    `expected at most ${MOST} headers`,
  );

const redirectSchema = z
  .strictObject({
    /** A path; with `/*` at its end, every path below it. */
    from: z.string().max(1_024).regex(FROM, 'expected a path such as /old or /old/*'),
    /** A path or an address; `*` at its end is what `from` has there. */
    to: z.string().max(1_024).regex(TO, 'expected a path such as /new, /new/* or https://example.org/new'),
    status: z.literal([301, 302, 307, 308]).default(301),
  })
  .refine(({ from, to }) => from.endsWith('*') || !to.endsWith('*'), {
    path: ['to'],
    message: 'expected no * in it, since from has none',
  })
  .refine(({ from, to }) => !leadsToItself(from, to), {
    path: ['to'],
    message: 'expected a path that from does not name: the redirect would lead to itself',
  });

function leadsToItself(from: string, to: string): boolean {
  const path = to.replace(/[?#].*$/, '');
  return from.endsWith('*') ? path.startsWith(from.slice(0, -1)) : path === from;
}

/** The first one that fits counts. */
export const redirectsSchema = z.array(redirectSchema).max(MOST);

export type Redirect = z.output<typeof redirectSchema>;
