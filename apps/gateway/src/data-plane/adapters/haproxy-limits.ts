import type { Carrying } from '../domain/carrying.js';
import { rateOf } from '../domain/options.js';
import type { HaproxySettings } from './haproxy-settings.js';

/** A client is asked to wait so long: by then, what it sent before counts no more. */
const RETRY_AFTER_S = 10;
const CLIENTS = 100_000;
/** Whoever has an address of IPv6 has a whole network of them. */
const CLIENT = 'var(txn.client),ipmask(32,64)';

const refused = (status: number, says: string, more = ''): string =>
  `http-request return status ${status} content-type text/plain string "${says}\\n"${more}`;
const NO_LENGTH = refused(411, 'This service takes a body only with its length.');
const TOO_MANY = refused(429, 'Too many requests of this client.', ` hdr Retry-After ${RETRY_AFTER_S}`);

/** To stand before all rules of requests. A connection too many ends at once, without an answer. */
export const connectionRules = ({ limits }: HaproxySettings): readonly string[] =>
  limits.clientConnections === undefined
    ? []
    : [
        'tcp-request connection track-sc0 src,ipmask(32,64) table client-connections unless is-trusted',
        `tcp-request connection reject if { sc0_conn_cur gt ${limits.clientConnections} }`,
      ];

/** Who sends a request: the peer, or whom it names where it is a trusted proxy. Before X-Forwarded-For is changed. */
export const clientRules = ({ limits }: HaproxySettings, { rules }: Carrying): readonly string[] =>
  limits.clientRequests === undefined && !rules.has('limits')
    ? []
    : [
        'http-request set-var(txn.client) src',
        'http-request set-var(txn.client) req.hdr_ip(x-forwarded-for,-1) if is-trusted { req.hdr(x-forwarded-for) -m found }',
      ];

/** To stand behind what sets `txn.options`. `hasOwn`: a service has limits of its own. */
export const limitRules = (
  { limits: { clientRequests, bodyBytes } }: HaproxySettings,
  { hasOwn }: { readonly hasOwn: boolean },
): readonly string[] => [
  ...(clientRequests === undefined ? [] : rateOfClients(clientRequests)),
  ...(hasOwn ? RATE_AT_SERVICE : []),
  ...(bodyBytes === undefined ? [] : [`http-request set-var(txn.most) int(${bodyBytes})`]),
  ...(hasOwn ? [MOST_OF_SERVICE] : []),
  ...(hasOwn || bodyBytes !== undefined ? BODY : []),
];

const rateOfClients = (requestsPerSecond: number): readonly string[] => [
  `http-request track-sc1 ${CLIENT} table client-requests`,
  `${TOO_MANY} if { sc1_http_req_rate gt ${rateOf(requestsPerSecond)} }`,
];

const RATE_AT_SERVICE: readonly string[] = [
  'http-request set-var(txn.rate) var(txn.options),field(2,:) if { var(txn.options) -m found }',
  'acl has-rate var(txn.rate) -m len gt 0',
  `http-request set-var(txn.pair) ${CLIENT},concat(/,txn.to) if has-rate`,
  'http-request track-sc2 var(txn.pair) table service-requests if has-rate',
  'http-request set-var(txn.over) sc2_http_req_rate,sub(txn.rate) if has-rate',
  `${TOO_MANY} if has-rate { var(txn.over) -m int gt 0 }`,
];

const MOST_OF_SERVICE =
  'http-request set-var(txn.most) var(txn.options),field(3,:) if { var(txn.options),field(3,:) -m len gt 0 }';

const BODY: readonly string[] = [
  'acl has-most var(txn.most) -m found',
  'acl has-length req.hdr(content-length) -m found',
  'http-request set-var(txn.larger) req.hdr(content-length),sub(txn.most) if has-most has-length',
  `${refused(413, 'The body of this request is too large.')} if { var(txn.larger) -m int gt 0 }`,
  // HAProxy does not count what it passes on: a body that does not say its length could be of any.
  `${NO_LENGTH} if has-most { req.hdr(transfer-encoding) -m found }`,
  `${NO_LENGTH} if has-most !has-length { req.ver 2.0 } { method POST PUT PATCH }`,
];

const table = (name: string, type: string, stores: string): readonly string[] => [
  `backend ${name}`,
  `  stick-table type ${type} size ${CLIENTS} expire 1m store ${stores}`,
];

/** Each remembers so many clients. When it is full, it forgets those that it has not seen for the longest time. */
export const limitTables = (
  { limits }: HaproxySettings,
  { rules }: Carrying,
): readonly (readonly string[])[] => [
  ...(limits.clientConnections === undefined ? [] : [table('client-connections', 'ipv6', 'conn_cur')]),
  ...(limits.clientRequests === undefined ? [] : [table('client-requests', 'ipv6', 'http_req_rate(10s)')]),
  ...(rules.has('limits') ? [table('service-requests', 'string len 80', 'http_req_rate(10s)')] : []),
];
