import { quotedRegex } from './nginx-text.js';

/**
 * Files that lie compressed beside others: `app.js.br`. The web servers of base images come without a module for it, so
 * nginx gives out the file itself, and says by its own name what is in it.
 */

/** What people compress, by the ending. The charset is named here, since nginx adds it to types that it set itself. */
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  htm: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'application/javascript; charset=utf-8',
  mjs: 'application/javascript; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  webmanifest: 'application/manifest+json',
  svg: 'image/svg+xml; charset=utf-8',
  xml: 'text/xml; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  wasm: 'application/wasm',
  ttf: 'font/ttf',
  otf: 'font/otf',
  ico: 'image/x-icon',
};

/** `br`, unless its weight is zero. */
const ACCEPTED = String.raw`(?:^|[\s,])br(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))(?:[\s,;]|$)`;

/** `$br` is `.br` where such a file may be given out instead; `$file` is the name of what is in it. */
export const brotliLines = (): readonly string[] => [
  // Who asks for the compressed file itself gets it as it is.
  String.raw`map $path $has_own_name { default ""; "~\.br$" 1; }`,
  'map $has_own_name$http_accept_encoding $br {',
  '  default "";',
  `  ${quotedRegex(`^1`)} "";`,
  `  ${quotedRegex(ACCEPTED)} ".br";`,
  '}',
  String.raw`map $br$uri $file { default $uri; "~^\.br(?<plain>.*)\.br$" $plain; }`,
  String.raw`map $br$uri $br_encoding { default ""; "~^\.br.*\.br$" br; }`,
  'map $br$uri $br_type {',
  '  default "";',
  ...Object.entries(TYPES).map(
    ([ending, type]) => `  ${quotedRegex(String.raw`^\.br.*\.${ending}\.br$`)} "${type}";`,
  ),
  String.raw`  "~\.br$" application/octet-stream;`,
  '}',
  // Without a type of nginx's own, the one above is the only one.
  'types { "" br; }',
];

/** A cache must keep the answers apart, also that to somebody who took no compressed one. */
export const brotliHeaders: readonly string[] = [
  'add_header Content-Type $br_type always;',
  'add_header Content-Encoding $br_encoding always;',
  'add_header Vary Accept-Encoding always;',
];
