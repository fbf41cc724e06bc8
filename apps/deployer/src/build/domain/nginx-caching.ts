import { quotedRegex } from './nginx-text.js';

/** Asked for again each time, and answered with 304 while it is the same. */
const CHECKED = 'no-cache';
/** A year, and never asked for again. */
const KEPT = 'public, max-age=31536000, immutable';

const FILES = String.raw`(?:m?js|css|woff2?|ttf|otf|png|jpe?g|gif|svg|webp|avif|ico|wasm|mp4|webm)`;

/**
 * Names that hold a hash of their content, so that a name never means something else. Only what tools are known to
 * write: keeping a file for a year that changes under its name is far worse than to ask for one that does not.
 */
const HASHED: readonly string[] = [
  // Next.js, SvelteKit, Astro, Nuxt: folders of their own.
  String.raw`^/_next/static/(?!.*[Mm]anifest\.js$).+\.${FILES}$`,
  String.raw`^/_app/immutable/.+\.${FILES}$`,
  String.raw`^/_astro/[^/]+\.[A-Za-z0-9_-]{8}(?:_[A-Za-z0-9]+)?\.${FILES}$`,
  String.raw`^/_nuxt/[^/]+\.${FILES}$`,
  // Vite, Remix: assets/index-DiwrgTda.js. A hash has a digit, or a capital behind a small letter.
  String.raw`/assets/[^/]+-(?=[A-Za-z_-]*[0-9]|[A-Za-z0-9_-]*[a-z][A-Za-z0-9_-]*[A-Z])[A-Za-z0-9_-]{8}\.(?:m?js|css)$`,
  // Angular: main-5INURTSO.js.
  String.raw`/(?:main|polyfills|styles|scripts|chunk|runtime)-[A-Z0-9]{8}\.(?:js|css)$`,
  // webpack, and what is built on it: main.1a2b3c4d.js. Hexadecimal, with a digit and a letter.
  String.raw`[.-](?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,64}(?:\.(?:chunk|bundle|min))?\.${FILES}$`,
];

/** nginx's `$kept_for`: how long a browser may keep a file, by the name of the file itself. */
export const cachingLines = (): readonly string[] => [
  'map $file $kept_for {',
  `  default "${CHECKED}";`,
  ...HASHED.map((regex) => `  ${quotedRegex(regex)} "${KEPT}";`),
  '}',
];
