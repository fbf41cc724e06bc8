import { MOST_STRIPPED_PARTS } from '#libs/contracts';

const found = (variable: string): string => `if { var(${variable}) -m found }`;

/** Taken off by powers of two, so that any number of parts takes few rules: 5 parts are 1 and 4. */
const POWERS = [1, 2, 4, 8].filter((power) => power <= MOST_STRIPPED_PARTS);

/**
 * Finds the route of a request in the map, in a frontend. Before it, `txn.host` and `txn.path` are set; after it, `txn.to` is
 * the backend, and `txn.rest` what else the value says (`route-target`). A host's own routes come before those of a pattern.
 */
export const findRoute = (routesFile: string): readonly string[] => [
  `http-request set-var(txn.route) var(txn.host),concat(,txn.path,/),map_beg(${routesFile})`,
  `http-request set-var(txn.route) var(txn.host),regsub("^[^.]+","*"),concat(,txn.path,/),map_beg(${routesFile}) unless { var(txn.route) -m found }`,
  'http-request set-var(txn.to) var(txn.route),field(1,:)',
  'http-request set-var(txn.rest) var(txn.route),field(2,:,0)',
];

/**
 * Changes a request as its route says, once it is clear that an instance gets it. `headers` are the names that any route
 * sets: HAProxy fixes names of headers in its configuration.
 */
export const rewrites = (headers: readonly string[]): readonly string[] => [
  `http-request set-var(txn.strip) var(txn.rest),field(1,:) ${found('txn.rest')}`,
  `http-request set-var(txn.timeout) var(txn.rest),field(3,:) ${found('txn.rest')}`,
  'http-request set-header X-Forwarded-Prefix %[req.hdr(x-forwarded-prefix)]%[var(txn.rest),field(2,:),b64dec] if { var(txn.strip) -m int gt 0 }',
  ...POWERS.map(
    (power) =>
      `http-request set-path /%[path,field(${power + 2},/,0)] if { var(txn.strip),and(${power}) gt 0 }`,
  ),
  ...(headers.length === 0
    ? []
    : [`http-request set-var(txn.headers) var(txn.rest),field(4,:) ${found('txn.rest')}`]),
  ...headers.map((name, index) => {
    const value = `var(txn.headers),field(${index + 1},|)`;
    return `http-request set-header ${name} %[${value},b64dec] if { ${value},length gt 0 }`;
  }),
];

/** In each backend: only there HAProxy can change how long a server may take. */
export const ROUTE_TIMEOUT =
  'http-request set-timeout server var(txn.timeout) if { var(txn.timeout) -m int gt 0 }';
