import type { ServiceConfig } from '#libs/contracts';
import { brotliHeaders, brotliLines } from './nginx-brotli.js';
import { cachingLines } from './nginx-caching.js';
import { DOLLAR, literal, patternRegex, quoted, quotedRegex } from './nginx-text.js';
import { ASSETS, COMPRESSIBLE, TEXTS, TYPES } from './nginx-types.js';

/** Where the configuration of a site's web server lies in its build context. */
export const NGINX_CONF = '.slipway/nginx.conf';

/** Where a site lies in its image. */
export const SITE_ROOT = '/srv/site';

type Site = Pick<ServiceConfig, 'fallback' | 'headers' | 'redirects'> & { readonly port: number };
type Redirects = NonNullable<ServiceConfig['redirects']>;

/** nginx as nobody in particular: everything that it writes lies in /tmp. */
export function nginxConf(site: Site): string {
  const http = [
    'include /etc/nginx/mime.types;',
    ...block(
      'types',
      Object.entries(TYPES).map(([type, endings]) => `${type} ${endings};`),
    ),
    'default_type application/octet-stream;',
    'charset utf-8;',
    `charset_types ${TEXTS.join(' ')};`,
    'access_log off;',
    'server_tokens off;',
    'sendfile on;',
    'tcp_nopush on;',
    ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path /tmp/${name};`),
    'gzip on;',
    'gzip_static on;',
    'gzip_proxied any;',
    'gzip_min_length 1024;',
    `gzip_types ${COMPRESSIBLE.join(' ')};`,
    DOLLAR,
    // As it was asked for: $uri becomes the name of the file that is found.
    'map $request_uri $path { "~^(?<asked>[^?]*)" $asked; }',
    ...brotliLines(),
    ...cachingLines(),
    ...headerMaps(site.headers ?? {}),
    ...redirectMaps(site.redirects ?? []),
    ...block('server', serverLines(site)),
  ];
  const lines = [
    ...['worker_processes 1;', 'pid /tmp/nginx.pid;', 'error_log /dev/stderr warn;'],
    'events { worker_connections 1024; }',
    ...block('http', http),
  ];
  return `${lines.join('\n')}\n`;
}

const block = (name: string, lines: readonly string[]): readonly string[] => [
  `${name} {`,
  ...lines.map((line) => `  ${line}`),
  '}',
];

function serverLines(site: Site): readonly string[] {
  const page = site.fallback === undefined ? '=404' : quoted(`/${site.fallback}`);
  return [
    `listen ${site.port};`,
    `root ${SITE_ROOT};`,
    'index index.html index.htm;',
    // The port within the container is nobody's business.
    'absolute_redirect off;',
    ...statusesOf(site.redirects ?? []).map(
      (status) => `if ($redirect_${status} != "") { return ${status} $redirect_${status}; }`,
    ),
    ...brotliHeaders,
    ...headerLines(site.headers ?? {}),
    // A folder without a page is forbidden to nginx, and not there for everybody else.
    'error_page 404 /404.html;',
    `error_page 403 ${site.fallback === undefined ? '=404 /404.html' : `=200 ${page}`};`,
    String.raw`location ~ "/\.(?!well-known(?:/|$))" { return 404; }`,
    `location ~* "\\.(?:${ASSETS.join('|')})$" { try_files $uri$br $uri =404; }`,
    ...block('location /.well-known/', ['default_type text/plain;', 'try_files $uri $uri/ =404;']),
    'location = /.well-known/apple-app-site-association { default_type application/json; }',
    `location / { try_files $uri$br $uri $uri.html$br $uri.html $uri/ ${page}; }`,
  ];
}

type Headers = NonNullable<ServiceConfig['headers']>;

/** By header, in small letters, the patterns that set it: the last one that is written comes first. */
function byHeader(headers: Headers): ReadonlyMap<string, readonly (readonly [string, string])[]> {
  const all = Object.entries(headers).flatMap(([pattern, values]) =>
    Object.entries(values).map(([name, value]) => ({ name: name.toLowerCase(), pattern, value })),
  );
  const grouped = [...Map.groupBy(all.toReversed(), ({ name }) => name)];
  return new Map(
    grouped.map(([name, set]) => [name, set.map(({ pattern, value }) => [pattern, value] as const)]),
  );
}

const variableOf = (header: string): string => `$header_${header.replaceAll('-', '_')}`;

const CACHE_CONTROL = 'cache-control';

function headerMaps(headers: Headers): readonly string[] {
  const own = new Map([[CACHE_CONTROL, []], ...byHeader(headers)]);
  return [...own].flatMap(([name, set]) =>
    block(`map $path ${variableOf(name)}`, [
      `default ${name === CACHE_CONTROL ? '$kept_for' : '""'};`,
      ...set.map(([pattern, value]) => `${quotedRegex(patternRegex(pattern))} ${quoted(value)};`),
    ]),
  );
}

/** On every answer, also that something is missing; how long it is kept only where there is something to keep. */
function headerLines(headers: Headers): readonly string[] {
  const names = [...byHeader(headers).keys()].filter((name) => name !== CACHE_CONTROL);
  return [
    `add_header Cache-Control ${variableOf(CACHE_CONTROL)};`,
    ...names.map((name) => `add_header ${name} ${variableOf(name)} always;`),
  ];
}

const statusesOf = (redirects: Redirects): readonly number[] => [
  ...new Set(redirects.map(({ status }) => status)),
];

/**
 * One map for each status; it names those of other statuses too, so that the first one that fits counts. The rest of a
 * path is taken as it was asked for, still encoded, so that it holds no line break; and without slashes before it, so
 * that it cannot name another host.
 */
function redirectMaps(redirects: Redirects): readonly string[] {
  return statusesOf(redirects).flatMap((status) =>
    block(`map $path $redirect_${status}`, [
      'default "";',
      ...redirects.map((redirect, index) =>
        redirect.status === status
          ? `${fromRegex(redirect, `?<rest_${index}>`)} ${targetOf(redirect, index)};`
          : `${fromRegex(redirect, '?:')} "";`,
      ),
    ]),
  );
}

const fromRegex = ({ from }: Redirects[number], group: string): string =>
  from.endsWith('*')
    ? quotedRegex(String.raw`^${literal(from.slice(0, -1))}[/\\]*(${group}.*)$`)
    : quotedRegex(`^${literal(from)}$`);

/** The schema of `to` has no character that would end the word or name a variable. */
function targetOf({ to }: Redirects[number], index: number): string {
  const rest = to.endsWith('*') ? `\${rest_${index}}` : '';
  const query = /[?#]/.test(to) ? '' : '$is_args$args';
  return `"${to.replace(/\*$/, '')}${rest}${query}"`;
}
